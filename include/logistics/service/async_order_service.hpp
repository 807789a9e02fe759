// The order use cases of which many run at once: check, hand over, answer by a continuation.
#pragma once

#include <string>

#include "logistics/domain/order.hpp"
#include "logistics/ports/async_order_store.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/service/order_service.hpp"

namespace logistics::service {

// Answers as OrderService does, and never blocks: nothing that blocks is in its reach. On the thread of the executor
// that `done` names; `done` may run before the call returns.
class AsyncOrderService {
 public:
  using Done = ports::Completion<domain::Order>;

  // All references outlive the service.
  AsyncOrderService(ports::AsyncOrderStore& store, ports::IdGenerator& ids, const ports::Clock& clock,
                    domain::OrderDefaults defaults);

  void CreateOrder(const domain::OrderDraft& draft, const ports::CallContext& context, Done done);
  void GetOrder(const std::string& order_id, const ports::CallContext& context, Done done);
  void UpdateStatus(const UpdateStatusRequest& request, const ports::CallContext& context, Done done);
  void Cancel(const CancelRequest& request, const ports::CallContext& context, Done done);

 private:
  ports::AsyncOrderStore& store_;
  ports::IdGenerator& ids_;
  const ports::Clock& clock_;
  domain::OrderDefaults defaults_;
};

}  // namespace logistics::service
