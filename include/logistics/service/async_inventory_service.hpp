// The use cases of external reservations, of which many run at once: check, hand over, answer by a continuation.
#pragma once

#include "logistics/ports/async_stock_store.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/service/inventory_service.hpp"

namespace logistics::service {

// Answers as InventoryService does, and never blocks: nothing that blocks is in its reach. On the thread of the
// executor that `done` names; `done` may run before the call returns.
class AsyncInventoryService {
 public:
  // All references outlive the service.
  AsyncInventoryService(ports::AsyncStockStore& store, ports::IdGenerator& ids) : store_(store), ids_(ids) {}

  void Reserve(const ReserveRequest& request, const ports::CallContext& context, ports::Completion<ReserveAnswer> done);
  void Release(const EndReservationRequest& request, const ports::CallContext& context,
               ports::Completion<EndReservationAnswer> done);
  void Commit(const EndReservationRequest& request, const ports::CallContext& context,
              ports::Completion<EndReservationAnswer> done);

 private:
  ports::AsyncStockStore& store_;
  ports::IdGenerator& ids_;
};

}  // namespace logistics::service
