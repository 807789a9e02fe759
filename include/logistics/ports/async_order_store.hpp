#pragma once

#include "logistics/domain/order.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/call_executor.hpp"

namespace logistics::ports {

// The calls of OrderStore that many callers make at once, without a thread that waits: each returns at once, and the
// outcome comes to `done` by the context's deadline. Rules and errors are those of OrderStore. On the thread of
// done.executor.
class AsyncOrderStore {
 public:
  virtual ~AsyncOrderStore() = default;

  virtual void Create(domain::NewOrder order, const CallContext& context, Completion<domain::Order> done) = 0;
  virtual void ChangeStatus(domain::StatusChange change, const CallContext& context,
                            Completion<domain::Order> done) = 0;
  virtual void Get(const domain::OrderId& id, const CallContext& context, Completion<domain::Order> done) = 0;
};

}  // namespace logistics::ports
