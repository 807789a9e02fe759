#pragma once

#include <memory>

#include "logistics/ports/order_store.hpp"
#include "storage/batch/write_batch.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

using OrderReadBatcher = Batcher<domain::OrderId, domain::Order>;

std::shared_ptr<OrderReadBatcher::Item> MakePendingRead(const domain::OrderId& id, const ports::CallContext& context);

// Orders in Postgres. Writes and GetOrder are batched; the batchers and the pool outlive the store.
class PostgresOrderStore final : public ports::OrderStore {
 public:
  // `list_count_max`: the rows that a list counts and sorts; 0 = all.
  PostgresOrderStore(WriteBatcher& writes, OrderReadBatcher& reads, SessionPool& lists, std::int64_t list_count_max)
      : writes_(writes), reads_(reads), lists_(lists), list_count_max_(list_count_max) {}

  absl::StatusOr<domain::Order> Create(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> ChangeStatus(const domain::StatusChange& change,
                                             const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> Get(const domain::OrderId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderPage> List(const ports::OrderQuery& query, const ports::CallContext& context) override;

 private:
  WriteBatcher& writes_;
  OrderReadBatcher& reads_;
  SessionPool& lists_;
  const std::int64_t list_count_max_;
};

// Answers a batch of GetOrder with one look-up.
class OrderReadExecutor final : public BatchExecutor<domain::OrderId, domain::Order> {
 public:
  OrderReadExecutor(const DatabaseOptions& options, const SessionPart& part)
      : session_(options, SessionUse::kByKey, part) {}
  Batch Execute(const Batch& batch) override;
  void KeepReady() override { session_.KeepReady(kReadProbe); }

 private:
  SessionSlot session_;
};

}  // namespace logistics::storage
