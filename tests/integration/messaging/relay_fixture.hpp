#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "fakes/counting_metrics.hpp"
#include "fakes/memory_outbox.hpp"
#include "fakes/memory_routed_keys.hpp"
#include "fakes/recording_health.hpp"
#include "messaging/relay/relay.hpp"
#include "support/broker.hpp"
#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {

// A relay over an outbox in memory and a real broker with a vhost of its own.
class RelayFixture : public testing::Test {
 protected:
  static constexpr absl::Duration kLongWait = absl::Seconds(30);

  RelayFixture() {
    options_.urls = {broker_.url()};
    options_.reconnect_min = absl::Milliseconds(20);
    options_.reconnect_max = absl::Milliseconds(200);
    options_.outbox_poll = absl::Milliseconds(200);
    options_.queues = {QueueOn("all", {"#"})};
    options_.payments.enabled = false;
  }

  QueueOptions QueueOn(const std::string& name, std::vector<std::string> routing_keys) const {
    QueueOptions queue;
    queue.name = name;
    queue.exchange = options_.order_exchange;
    queue.routing_keys = std::move(routing_keys);
    return queue;
  }

  Relay& StartRelay() {
    relay_ = NewRelay(1);
    relay_->Start();
    return *relay_;
  }
  std::unique_ptr<Relay> NewRelay(int replica) {
    return std::make_unique<Relay>(std::make_unique<fakes::MemoryOutbox>(outbox_, replica), routed_keys_, options_,
                                   metrics_, health_);
  }
  bool WaitUntilUp() { return health_.WaitForState("broker", ports::HealthState::kUp, kLongWait); }

  // A message of order `key`; its body is its number within the key, from 1 on.
  ports::OutboxMessage NextOf(std::uint64_t key, const std::string& routing_key = "order.created") {
    ports::OutboxMessage message = MessageAt(++messages_, key);
    message.routing_key = routing_key;
    message.body = std::to_string(++of_key_[key]);
    message.correlation_id = std::to_string(key);
    message.committed_at = absl::FromUnixSeconds(1'700'000'000);
    return message;
  }
  void Commit(ports::OutboxMessage message) {
    outbox_.Commit({std::move(message)});
    if (relay_) relay_->Wake();
  }
  // `rounds` commits, each with one message of each of `keys` orders.
  void CommitRounds(int rounds, std::uint64_t keys) {
    for (int round = 0; round < rounds; ++round) {
      std::vector<ports::OutboxMessage> messages;
      for (std::uint64_t key = 1; key <= keys; ++key) messages.push_back(NextOf(key));
      outbox_.Commit(std::move(messages));
      if (relay_) relay_->Wake();
    }
  }

  double Published(const std::string& result) {
    return metrics_.Value("logistics_publish_total", {{"result", result}});
  }

  // Everything that was committed came; first arrivals of each order are in order (repeats may come at any time).
  void ExpectAllInOrder(support::TestConsumer& consumer, int rounds, std::uint64_t keys) {
    std::map<std::string, int> arrived;  // by order: how many of its messages, each the next one
    std::size_t missing = static_cast<std::size_t>(rounds) * keys;
    while (missing > 0) {
      const std::optional<support::ReceivedMessage> message = consumer.Next(kLongWait);
      ASSERT_TRUE(message.has_value()) << missing << " messages did not come";
      int& last = arrived[message->correlation_id];
      const int number = std::stoi(message->body);
      ASSERT_LE(number, last + 1) << "order " << message->correlation_id << ": overtaken";
      if (number <= last) continue;
      last = number;
      --missing;
    }
  }

  support::TestBroker broker_;
  BrokerOptions options_;
  fakes::MemoryOutboxTable outbox_;
  fakes::MemoryRoutedKeys routed_keys_;
  fakes::CountingMetrics metrics_;
  fakes::RecordingHealth health_;
  std::unique_ptr<Relay> relay_;

 private:
  std::int64_t messages_ = 0;
  std::map<std::uint64_t, int> of_key_;
};

}  // namespace logistics::messaging
