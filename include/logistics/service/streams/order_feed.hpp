#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/ports/order_log.hpp"
#include "logistics/service/streams/feed.hpp"

namespace logistics::service {

// One message of a stream. Its token means: everything up to and including this message was emitted.
struct OrderUpdate {
  std::shared_ptr<const ports::OrderChange> change;  // null: only a fresh token
  bool snapshot = false;                             // an order as it stands; else a change
  std::string resume_token;                          // empty within a snapshot, whose rest a resume would miss
};

// How a stream ended, and where its caller goes on.
struct OrderFeedEnd {
  absl::Status status;
  std::string resume_token;  // empty when nothing was written
};

// An update as it waits: its token is encoded when it is taken.
struct OrderFeedItem {
  std::shared_ptr<const ports::OrderChange> change;  // null: a token
  bool snapshot = false;
  ports::LogPlace place;
  absl::Time at;                         // when reading stood at `place`
  std::optional<absl::Time> stamp = {};  // when the commit of `place` was made, where that is known
};

// The feed of one stream of order updates, with the resume tokens of its reader. Bounds and thread safety as Feed.
class OrderFeed {
 public:
  OrderFeed(std::size_t buffer, std::function<void()> wake, std::function<void()> refill)
      : items_(buffer, std::move(wake), std::move(refill)) {}

  // The reader's side, as in Feed.
  std::optional<OrderUpdate> Next();
  std::optional<OrderFeedEnd> Ended() const;

  // The hub's side. Identify is called before the first offer: which database the tokens are of.
  void Identify(const domain::Uuid& database_id, std::int32_t timeline);
  Feed<OrderFeedItem>& items() { return items_; }

 private:
  std::string TokenOf(const OrderFeedItem& item) const;

  Feed<OrderFeedItem> items_;
  domain::Uuid database_id_;   // written before the first item, read after it
  std::int32_t timeline_ = 0;  // likewise
};

}  // namespace logistics::service
