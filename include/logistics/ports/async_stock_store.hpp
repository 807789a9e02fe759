#pragma once

#include <string>

#include "logistics/ports/call_executor.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::ports {

// The calls of StockStore that many callers make at once, as those of AsyncOrderStore.
class AsyncStockStore {
 public:
  virtual ~AsyncStockStore() = default;

  virtual void Reserve(ReservationRequest request, const CallContext& context, Completion<ReservationAnswer> done) = 0;
  virtual void Release(domain::ExternalId id, std::string reason, const CallContext& context,
                       Completion<EndAnswer> done) = 0;
  virtual void CommitReservation(domain::ExternalId id, const CallContext& context, Completion<EndAnswer> done) = 0;
};

}  // namespace logistics::ports
