#pragma once

#include <string>

#include "logistics/ports/async_order_store.hpp"
#include "logistics/ports/async_stock_store.hpp"
#include "storage/stores/postgres_order_store.hpp"

namespace logistics::storage {

// What is batched of orders and stock, for callers that do not block. The batchers outlive this.
class PostgresCalls final : public ports::AsyncOrderStore, public ports::AsyncStockStore {
 public:
  PostgresCalls(WriteBatcher& writes, OrderReadBatcher& reads) : writes_(writes), reads_(reads) {}

  void Create(domain::NewOrder order, const ports::CallContext& context,
              ports::Completion<domain::Order> done) override;
  void ChangeStatus(domain::StatusChange change, const ports::CallContext& context,
                    ports::Completion<domain::Order> done) override;
  void Get(const domain::OrderId& id, const ports::CallContext& context,
           ports::Completion<domain::Order> done) override;

  void Reserve(ports::ReservationRequest request, const ports::CallContext& context,
               ports::Completion<ports::ReservationAnswer> done) override;
  void Release(domain::ExternalId id, std::string reason, const ports::CallContext& context,
               ports::Completion<ports::EndAnswer> done) override;
  void CommitReservation(domain::ExternalId id, const ports::CallContext& context,
                         ports::Completion<ports::EndAnswer> done) override;

 private:
  WriteBatcher& writes_;
  OrderReadBatcher& reads_;
};

}  // namespace logistics::storage
