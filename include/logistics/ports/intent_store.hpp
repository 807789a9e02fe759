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
    kPending,  // an order of the same key is in the making
  };
  Outcome outcome = Outcome::kOpened;
  std::optional<domain::Order> existing;
};

// How the peer releases an intent that failed.
enum class IntentRelease {
  kNone,   // not at all: no reserve was sent
  kOnce,   // the peer answered: a part may be held
  kTwice,  // no answer: the release may overtake the reserve, so it is sent again a grace period later
};

struct Abandonment {
  domain::Uuid id;
  IntentRelease release = IntentRelease::kTwice;
  std::string reason;
  // True for recovery: abandons only where the intent still stands. False for the intent's maker: where the intent is
  // gone and no order exists, a release is queued once more, because the reserve may be younger than the last release.
  bool only_an_intent = false;
};

// Orders in the making while another service is asked for their stock (the saga of the remote mode). An intent is a
// committed row before the peer is called, so that a crash at any point leaves a row to release by. Thread-safe;
// blocking and errors as in OrderStore.
class IntentStore {
 public:
  virtual ~IntentStore() = default;

  // Claims the idempotency key and stores the intent; every line has its product_id and sku. ALREADY_EXISTS: the key
  // made another order.
  virtual absl::StatusOr<IntentAnswer> Open(const domain::NewOrder& order, const CallContext& context) = 0;

  // The peer holds the stock: stores the order with its history, events and payment, as OrderStore::Create does, in the
  // transaction that moves the intent on. UNAVAILABLE with nothing stored where the intent is gone
  // (recovery abandoned it, because the order took too long).
  virtual absl::StatusOr<domain::Order> Complete(const domain::NewOrder& order, const CallContext& context) = 0;

  // Ends the intent, frees its idempotency key and queues a settlement for the peer, in one transaction. False where
  // nothing was to be done, which is always so once the order exists.
  virtual absl::StatusOr<bool> Abandon(const Abandonment& abandonment, const CallContext& context) = 0;

  // The order that this order's idempotency key made before, from the same payload; nullopt when there is none.
  virtual absl::StatusOr<std::optional<domain::Order>> Made(const domain::NewOrder& order,
                                                            const CallContext& context) = 0;

  // Intents older than `age` by Postgres' clock, oldest first: left by a crash.
  virtual absl::StatusOr<std::vector<domain::Uuid>> Left(absl::Duration age, int limit) = 0;
};

}  // namespace logistics::ports
