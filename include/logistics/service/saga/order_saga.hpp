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

// An OrderStore that reserves at the peer before it stores an order, and queues settlements for the peer when an order
// fails, is shipped, cancelled or returned. Thread-safe.
//
// After a crash at any point there is an order with its reservation, or an intent that Settler releases. So no order
// lacks its reservation, and no reservation stays without an order. No database transaction is open during a call.
class OrderSaga final : public ports::OrderStore {
 public:
  // `settle` is called when a settlement may be due: from any thread, cheap. All references outlive the saga.
  OrderSaga(ports::OrderStore& orders, ports::IntentStore& intents, ports::InventoryPeer& peer,
            ports::ProductDirectory& products, const SagaOptions& options, ports::Metrics& metrics,
            std::function<void()> settle);

  // Errors besides those of OrderStore. UNAVAILABLE with a retry hint: the peer is unavailable or did not answer in
  // time (a possible reservation is released), or an order of the same idempotency key is in the making at the
  // deadline. RESOURCE_EXHAUSTED with a retry hint: calls_max orders wait for the peer already. FAILED_PRECONDITION of
  // type "LOCATION": see ProductDirectory. A new try by the caller is a new order with a new id.
  absl::StatusOr<domain::Order> Create(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> ChangeStatus(const domain::StatusChange& change,
                                             const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> Get(const domain::OrderId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderPage> List(const ports::OrderQuery& query, const ports::CallContext& context) override;

 private:
  using Clock = std::chrono::steady_clock;

  bool Enter(absl::Time deadline);
  void Leave();
  // Opens the intent; waits for another order of the same key. Returns the order that the key made before, or nullopt
  // to go on. `opened` is set to a time no later than the begin of the intent's age.
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

  // Not a counting_semaphore: arriving calls would overtake waiting ones until these time out.
  std::mutex mutex_;
  std::condition_variable left_;
  int room_;  // calls that may still wait for the peer; guarded by mutex_
};

}  // namespace logistics::service
