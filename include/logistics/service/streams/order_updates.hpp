// Streams of order updates: live, resumable, over all replicas.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/order_log.hpp"
#include "logistics/service/streams/order_feed.hpp"

namespace logistics::service {

// Defaults are those of config/logistics-engine.yaml.
struct OrderUpdatesOptions {
  int streams_max = 20'000;  // at once, 1-1,000,000; one more is RESOURCE_EXHAUSTED
  int buffer = 256;          // updates that wait for one reader, 16-65,536; beyond that it catches up from the database
  int recent_max = 65'536;   // changes kept in memory for short catch-ups, 1,024-1,000,000
  int page = 256;            // commits, or changes of one customer, in one read
  int readers = 2;           // threads for streams that catch up, 1-16
  absl::Duration poll = absl::Seconds(1);                 // covers lost wake-ups and poolers without LISTEN
  absl::Duration resume_window = absl::Hours(24);         // how old a token may be
  absl::Duration failover_margin = absl::Minutes(5);      // replayed when the token is of another timeline
  absl::Duration heartbeat = absl::Seconds(30);           // a fresh token after that long without a message
  absl::Duration idle_write_timeout = absl::Seconds(60);  // something waits and the reader took nothing for that long
};

struct OrderUpdatesRequest {
  std::string customer_id = {};  // at most one of the two; none: all orders
  std::string order_id = {};
  std::string resume_token = {};  // empty: from now on
  bool include_snapshot = false;  // the orders as they stand first; not together with a resume_token
};

// Reads the one order of changes once for all streams of this replica and fans it out by order and customer: these
// streams are live. A stream that resumes or falls behind catches up, from the recent changes in memory or with pages
// of its own from the database, until it is live. Nothing is read while there are no streams. Thread-safe.
//
// Guarantee: each stream gets every change of its scope after its beginning at least once, in version order per order,
// over disconnects, crashes, restarts and replicas, when it goes on with its last token. Duplicates are known by
// (order_id, version). At most `buffer` updates wait for a reader.
class OrderUpdates {
 public:
  // All references outlive the hub.
  OrderUpdates(ports::OrderLog& log, ports::Metrics& metrics, const OrderUpdatesOptions& options = {});
  // Stops and waits for its threads, which a read may hold up for its time.
  ~OrderUpdates();
  OrderUpdates(const OrderUpdates&) = delete;
  OrderUpdates& operator=(const OrderUpdates&) = delete;

  void Start();

  // Something was committed somewhere. Cheap; may be lost, since the hub polls too.
  void Wake();

  // `wake` as in Feed. INVALID_ARGUMENT naming every bad field (a malformed token too), RESOURCE_EXHAUSTED when there
  // are streams_max, UNAVAILABLE after Stop. Errors that need the database end the feed instead: OUT_OF_RANGE for a
  // token that is older than the window, of another database or ahead of this one; NOT_FOUND for an unknown order.
  absl::StatusOr<std::shared_ptr<OrderFeed>> Subscribe(const OrderUpdatesRequest& request, std::function<void()> wake);
  // The stream is over. To be called for each subscription, also for one that the hub ended.
  void Unsubscribe(const std::shared_ptr<OrderFeed>& feed);

  // Ends all streams with UNAVAILABLE and their tokens, at once, and refuses new ones.
  void Stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace logistics::service
