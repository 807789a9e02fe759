#pragma once

#include <memory>
#include <optional>

#include "logistics/ports/order_log.hpp"
#include "logistics/service/streams/order_feed.hpp"
#include "service/streams/resume_token.hpp"

namespace logistics::service {

// One stream of order updates on its way to be live, and while it is live. The live reader writes a live stream, under
// the lock of the StreamRegistry. One thread of CatchUp at a time writes any other.
struct OrderStream {
  // The request.
  ports::OrderScope scope;
  std::optional<ResumePoint> from;  // none: from now on
  bool include_snapshot = false;
  std::shared_ptr<OrderFeed> feed;

  // The writer's.
  ports::LogPlace place;  // everything of the scope up to here was offered

  // Guarded by the lock of the registry.
  bool live = false;
  bool gone = false;       // removed
  bool has_token = false;  // its first one was offered

  // Guarded by the lock of CatchUp.
  enum class Turn { kNone, kQueued, kFilling, kFillingAndQueued } turn = Turn::kNone;

  // Of the thread that fills it.
  enum class Phase {
    kJoin,      // only its request is known
    kSnapshot,  // the orders as they stand are offered
    kChanges,   // changes behind its place are offered
  } phase = Phase::kJoin;
  bool snapshot_begun = false;
  std::optional<ports::OrderStates::After> after;  // the last order of the snapshot that was offered

  // Offers a change unless it lies at or before `place`.
  Offered Offer(const std::shared_ptr<const ports::OrderChange>& change) {
    if (change->place <= place) return Offered::kTaken;
    const Offered offered =
        feed->items().Offer({change, false, change->place, change->committed_at, change->committed_at});
    if (offered != Offered::kFull) place = change->place;
    return offered;
  }
};

using OrderStreamPtr = std::shared_ptr<OrderStream>;

}  // namespace logistics::service
