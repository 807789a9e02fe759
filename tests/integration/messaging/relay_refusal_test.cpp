// A queue that refuses messages, beside queues that take them.
#include <algorithm>
#include <string>
#include <vector>

#include "integration/messaging/relay_fixture.hpp"
#include "messaging/relay/limits.hpp"
#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

using ports::HealthState;
using support::ReceivedMessage;
using support::TestConsumer;

class RelayRefusalTest : public RelayFixture {
 protected:
  // "full" takes one order.created and no more. "copies" takes every event, "free" those of order.cancelled.
  RelayRefusalTest() {
    options_.queues = {QueueOn("full", {"order.created"}), QueueOn("copies", {"#"}),
                       QueueOn("free", {"order.cancelled"})};
    options_.queues[0].type = QueueType::kClassic;
    options_.queues[0].max_length = 1;
  }

  // Fills the queue "full".
  void StartWithFullQueue() {
    StartRelay();
    ASSERT_TRUE(WaitUntilUp());
    Commit(NextOf(1));
    ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  }
  double Refused(const std::string& routing_key) {
    return metrics_.Value("logistics_publish_refused_total",
                          {{"result", "nacked"}, {"exchange", "order_events"}, {"routing_key", routing_key}});
  }
};

TEST_F(RelayRefusalTest, MoreNackedEventsThanTheBacklog_HoldUpNobodyElse) {
  constexpr std::uint64_t kFirst = 1'000;
  constexpr std::uint64_t kNacked = kBacklogMessagesMax + 1'000;
  options_.window = 5'000;
  options_.queues.erase(options_.queues.begin() + 1);  // the copies
  StartWithFullQueue();
  for (std::uint64_t key = kFirst; key < kFirst + kNacked; key += 1'000) {
    std::vector<ports::OutboxMessage> messages;
    for (std::uint64_t i = 0; i < 1'000; ++i) messages.push_back(NextOf(key + i));
    outbox_.Commit(std::move(messages));
  }
  Commit(NextOf(2, "order.cancelled"));
  const std::optional<ReceivedMessage> healthy = TestConsumer(broker_.url(), "free").Next(kLongWait);
  ASSERT_TRUE(healthy.has_value()) << Published("nacked") << " nacks";
  EXPECT_EQ(healthy->correlation_id, "2");
  EXPECT_TRUE(outbox_.WaitForQuarantinedRows(kNacked, kLongWait));
  EXPECT_TRUE(outbox_.lost().empty());
}

TEST_F(RelayRefusalTest, NackedEvents_AreCopiedToOtherQueuesABoundedNumberOfTimes) {
  constexpr std::uint64_t kNacked = 200;
  constexpr double kCopiesMax = kNacked + kCopiesPerMinuteMax;
  StartWithFullQueue();
  CommitRounds(1, kNacked);
  ASSERT_TRUE(outbox_.WaitForQuarantinedRows(kNacked, kLongWait));
  // Several passes; with a try of each event in each of them, copies would be three times as many as events.
  ASSERT_TRUE(support::Eventually([&] { return Published("nacked") >= 203; }));
  EXPECT_LE(Published("nacked"), kCopiesMax);
  TestConsumer copies(broker_.url(), "copies");
  const double copied = static_cast<double>(copies.Take(3 * kNacked, absl::Milliseconds(500)).size());
  EXPECT_LE(copied, kCopiesMax + 1);
}

TEST_F(RelayRefusalTest, FullQueue_IsNamedByItsRoutingKeyUntilItHasRoom) {
  StartWithFullQueue();
  Commit(NextOf(2));
  ASSERT_TRUE(health_.WaitFor(
      "broker",
      [](const auto& entry) {
        return entry.state == HealthState::kDegraded &&
               entry.reason.find("order_events order.created") != std::string::npos;
      },
      kLongWait));
  EXPECT_GE(Refused("order.created"), 1);
  EXPECT_EQ(Refused("order.cancelled"), 0);
  broker_.Purge("full");
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(RelayRefusalTest, NackedEvents_GoOutInOrderOnceNoQueueRefusesThem) {
  constexpr int kRounds = 5;
  constexpr std::uint64_t kKeys = 40;
  StartWithFullQueue();
  for (int round = 0; round < kRounds; ++round) {
    for (std::uint64_t key = 2; key < 2 + kKeys; ++key) Commit(NextOf(key));
  }
  ASSERT_TRUE(outbox_.WaitForQuarantinedRows(kRounds * kKeys, kLongWait));
  broker_.DeleteQueue("full");
  TestConsumer copies(broker_.url(), "copies");
  ASSERT_TRUE(copies.Next().has_value()) << "the one that filled the queue";
  ExpectAllInOrder(copies, kRounds, kKeys);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
}

}  // namespace
}  // namespace logistics::messaging
