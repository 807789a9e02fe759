#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/bell.hpp"
#include "fakes/counting_metrics.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_order_log.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/service/streams/order_updates.hpp"

namespace logistics::service {

// One stream as its reader sees it.
class FeedReader {
 public:
  explicit FeedReader(OrderUpdates& updates) : updates_(updates) {}
  ~FeedReader() { Leave(); }
  FeedReader(const FeedReader&) = delete;
  FeedReader& operator=(const FeedReader&) = delete;

  absl::Status Subscribe(const OrderUpdatesRequest& request = {});
  void Leave();

  // The next message, a bare token too. nullopt: the stream has ended, or nothing came for a long time.
  std::optional<OrderUpdate> NextMessage();
  // The next of an order; bare tokens are taken on the way.
  std::optional<OrderUpdate> Next();
  // "1 2 3": versions of the next `count` changes.
  std::string NextVersions(int count);
  // Reads to the end of the stream; nullopt when it does not end.
  std::optional<OrderFeedEnd> End();

  const std::string& token() const { return token_; }  // the last one that was not empty
  OrderFeed& feed() { return *feed_; }

 private:
  OrderUpdates& updates_;
  std::shared_ptr<OrderFeed> feed_;
  std::string token_;
  // The hub may be about to wake a reader that leaves.
  const std::shared_ptr<fakes::Bell> bell_ = std::make_shared<fakes::Bell>();
};

class OrderUpdatesTest : public testing::Test {
 protected:
  OrderUpdatesTest();

  // The hub, started at the first call.
  OrderUpdates& updates();
  // As after a crash, or at another replica.
  void Restart() { updates_.reset(); }

  domain::OrderId NewOrder() { return domain::OrderId(ids_.NewId()); }
  domain::CustomerId NewCustomer() { return domain::CustomerId(ids_.NewId()); }

  // Commits these changes and wakes the hub.
  void Commit(const std::vector<fakes::MemoryOrderLog::Change>& changes);
  // One change of an order of this customer, in a commit of its own.
  void Change(const domain::OrderId& order, std::int64_t version) { Change(order, version, customer_); }
  void Change(const domain::OrderId& order, std::int64_t version, const domain::CustomerId& customer) {
    Commit({{order, customer, version}});
  }

  // A token as the first that a new stream gets: where the log stands now.
  std::string TokenNow();
  // How a stream that resumes with this token ends.
  std::optional<OrderFeedEnd> EndOfResumed(const std::string& token);

  fakes::FakeClock clock_;
  fakes::SequentialIds ids_;
  fakes::CountingMetrics metrics_;
  fakes::MemoryOrderLog log_{clock_};
  OrderUpdatesOptions options_;
  const domain::CustomerId customer_;
  std::optional<OrderUpdates> updates_;
};

}  // namespace logistics::service
