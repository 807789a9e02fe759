// Orders whose stock another service keeps: intent row, reserve there, order, settle.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "logistics/ports/intent_store.hpp"
#include "logistics/ports/inventory_peer.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/order_store.hpp"
#include "logistics/ports/product_directory.hpp"
#include "logistics/service/saga/saga_options.hpp"

namespace logistics::service {

// An OrderStore that asks the peer before it stores an order, and leaves settlements for the peer where an order comes
// to nothing, is shipped, cancelled or returned. Thread-safe.
//
// After a crash at any point an order is there with its hold, or an intent is, which Settler releases; so no order is
// without its hold and no hold for ever without an order. No database transaction is open while the peer is called.
class OrderSaga final : public ports::OrderStore {
 public:
  // `settle` is called when there may be something to settle: from any thread, cheap. All references outlive the saga.
  OrderSaga(ports::OrderStore& orders, ports::IntentStore& intents, ports::InventoryPeer& peer,
            ports::ProductDirectory& products, const SagaOptions& options, ports::Metrics& metrics,
            std::function<void()> settle);

  // Besides what OrderStore says. UNAVAILABLE with a retry hint: the peer is away or did not answer in time (what it
  // may hold is released), or an order of the same idempotency key is still being made when the caller's time is up.
  // RESOURCE_EXHAUSTED with a retry hint: calls_max orders wait for the peer already. FAILED_PRECONDITION of type
  // "LOCATION": see ProductDirectory. A new try by the caller is a new order with a new id.
  absl::StatusOr<domain::Order> Create(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> ChangeStatus(const domain::StatusChange& change,
                                             const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> Get(const domain::OrderId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderPage> List(const ports::OrderQuery& query, const ports::CallContext& context) override;

 private:
  using Clock = std::chrono::steady_clock;

  bool Enter(absl::Time deadline);
  void Leave();
  // Opens the intent; waits for another order of the same key. Not OK, or the order that was made before, or nullopt:
  // go on. `opened`: not after the intent's age began.
  absl::StatusOr<std::optional<domain::Order>> Open(const domain::NewOrder& order, const ports::CallContext& context,
                                                    Clock::time_point& opened);
  absl::StatusOr<domain::Order> AskAndStore(const domain::NewOrder& order, const ports::CallContext& context);
  // Whether the intent was ended; false: there is none, or its order was made.
  absl::StatusOr<bool> Abandon(const domain::NewOrder& order, ports::IntentRelease release, const char* reason,
                               const ports::CallContext& context);

  ports::OrderStore& orders_;
  ports::IntentStore& intents_;
  ports::InventoryPeer& peer_;
  ports::ProductDirectory& products_;
  const std::function<void()> settle_;
  const Clock::duration ask_within_;  // of the intent's age: well before recovery takes it
  ports::Counter& held_;
  ports::Counter& refused_;
  ports::Counter& unknown_;
  ports::Counter& not_sent_;

  // Not a counting_semaphore: those that arrive take the place of those that wait, for longer than these may wait.
  std::mutex mutex_;
  std::condition_variable left_;
  int room_;  // calls that may still wait for the peer; guarded by mutex_
};

}  // namespace logistics::service
