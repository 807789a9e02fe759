#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/order.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::ports {

struct IntentAnswer {
  enum class Outcome {
    kOpened,   // the peer may be asked to reserve
    kExists,   // the idempotency key made `existing` before, from the same payload
    kPending,  // an order of the same key is being made at this moment
  };
  Outcome outcome = Outcome::kOpened;
  std::optional<domain::Order> existing;
};

// The releases that the peer is sent when an intent comes to nothing.
enum class IntentRelease {
  kNone,   // the reserve was never sent
  kOnce,   // it answered: a part may be held
  kTwice,  // it did not answer: the release may overtake the reserve, so it is sent again a grace period later
};

struct Abandonment {
  domain::Uuid id;
  IntentRelease release = IntentRelease::kTwice;
  std::string reason;
  // Recovery: only where nobody got on with the intent. Else its maker: where the intent is no more and no order came
  // of it, the peer is sent one more release, because its hold may be younger than the last one.
  bool only_an_intent = false;
};

// Orders in the making while another service is asked for their stock (the saga of the remote mode). An intent is a
// committed row before the peer hears of it, so that a crash at any point leaves something to release. Thread-safe;
// blocking and errors as in OrderStore.
class IntentStore {
 public:
  virtual ~IntentStore() = default;

  // Claims the idempotency key and stores the intent; every line has its product_id and sku. ALREADY_EXISTS: the key
  // made another order.
  virtual absl::StatusOr<IntentAnswer> Open(const domain::NewOrder& order, const CallContext& context) = 0;

  // The peer holds the stock: stores the order with its history, events and payment, as OrderStore::Create does, in the
  // transaction that moves the intent on. UNAVAILABLE with nothing stored where the intent is not there any more
  // (recovery took it: it was too slow).
  virtual absl::StatusOr<domain::Order> Complete(const domain::NewOrder& order, const CallContext& context) = 0;

  // Ends the intent, frees its idempotency key and leaves a settlement for the peer, in one transaction. False where
  // nothing was to be done, which is always so once the order exists.
  virtual absl::StatusOr<bool> Abandon(const Abandonment& abandonment, const CallContext& context) = 0;

  // The order that this order's idempotency key made before, from the same payload; nullopt when there is none.
  virtual absl::StatusOr<std::optional<domain::Order>> Made(const domain::NewOrder& order,
                                                            const CallContext& context) = 0;

  // Intents older than `age` by Postgres' clock, oldest first: left by a crash.
  virtual absl::StatusOr<std::vector<domain::Uuid>> Left(absl::Duration age, int limit) = 0;
};

}  // namespace logistics::ports
