#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fakes/status_matchers.hpp"
#include "messaging/amqp/dialer.hpp"
#include "messaging/amqp/topology.hpp"
#include "messaging/dead_letters/dead_letter_queue.hpp"
#include "messaging/dead_letters/redrive.hpp"
#include "nlohmann/json.hpp"
#include "support/broker.hpp"
#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {

// A queue as somebody may configure it, declared with our topology in a vhost of its own, and its dead letters.
class DlqFixture : public testing::Test {
 protected:
  static constexpr char kBilling[] = "billing";
  static constexpr char kBillingDlq[] = "billing.dlq";
  static constexpr absl::Duration kDlqWait = absl::Seconds(30);

  DlqFixture() {
    options_.urls = {broker_.url()};
    billing_.name = kBilling;
    billing_.exchange = "order_events";
    billing_.routing_keys = {"order.#"};
  }

  void DeclareBilling() {
    SocketWatchdog watchdog(options_.operation_timeout);
    BrokerDialer dialer(options_, "test", watchdog, [] { return false; });
    auto connection = dialer.Dial();
    ASSERT_THAT(connection, fakes::IsOk());
    Declared declared;
    ASSERT_THAT(Declare(**connection, TopologyOf(billing_), declared), fakes::IsOk());
    ASSERT_TRUE(declared.conflicts.empty() && declared.unchecked.empty());
    (*connection)->Close();
  }

  // Message `number` of an order, whose event is of this second.
  void Dies(std::uint64_t number, std::uint64_t order, int second = 0, const std::string& reason = "why") {
    nlohmann::json event = ProcessedEvent(number, order);
    event["timestamp"] = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(second), absl::UTCTimeZone());
    const nlohmann::json properties = {{"message_id", EventId(number)},
                                       {"headers",
                                        {{"x-dead-reason", reason},
                                         {"x-dead-at", "2026-11-22T10:00:00.000Z"},
                                         {"x-dead-consumer", "billing"},
                                         {"x-dead-attempts", 1},
                                         {"x-original-exchange", "order_events"},
                                         {"x-original-routing-key", "order.paid"}}}};
    ASSERT_TRUE(broker_.Publish("", kBillingDlq, event.dump(), properties));
  }

  std::unique_ptr<DeadLetterQueue> OpenBilling() {
    // A connection that was cut is noticed by the broker in its own time.
    absl::StatusOr<std::unique_ptr<DeadLetterQueue>> opened = DeadLetterQueue::Open(options_, kBilling);
    support::Eventually([&] {
      if (absl::IsFailedPrecondition(opened.status())) opened = DeadLetterQueue::Open(options_, kBilling);
      return opened.ok();
    });
    EXPECT_THAT(opened, fakes::IsOk());
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  RedriveResult RedriveBilling(const RedriveOptions& options = {}) {
    const std::unique_ptr<DeadLetterQueue> queue = OpenBilling();
    return Redrive(*queue, options, callbacks_);
  }

  // The message ids of a queue, each taken from it. The last wait is for one that must not be there.
  std::vector<std::string> IdsIn(const std::string& queue, std::size_t expected) {
    support::TestConsumer consumer(broker_.url(), queue);
    std::vector<std::string> ids;
    for (const support::ReceivedMessage& message : consumer.Take(expected)) ids.push_back(message.message_id);
    for (const support::ReceivedMessage& message : consumer.Take(1, absl::Milliseconds(300))) {
      ids.push_back(message.message_id);
    }
    return ids;
  }
  static std::vector<std::string> Ids(const std::vector<std::uint64_t>& numbers) {
    std::vector<std::string> ids;
    for (const std::uint64_t number : numbers) ids.push_back(EventId(number));
    return ids;
  }

  support::TestBroker broker_;
  BrokerOptions options_;
  QueueOptions billing_;
  std::vector<std::string> recorded_;  // message ids
  RedriveCallbacks callbacks_ = {.record =
                                     [this](const Letter& letter) {
                                       recorded_.push_back(letter.message_id);
                                       return absl::OkStatus();
                                     },
                                 .stayed = {},
                                 .redriven = {},
                                 .left = {},
                                 .stopped = {}};
};

}  // namespace logistics::messaging
