#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "app/system_clock.hpp"
#include "fakes/counting_metrics.hpp"
#include "fakes/memory_inbox.hpp"
#include "fakes/recording_health.hpp"
#include "fakes/scripted_payments.hpp"
#include "messaging/consumer/consumer.hpp"
#include "messaging/consumer/inbox_worker.hpp"
#include "support/broker.hpp"
#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {

// A consumer with a scripted handler and an inbox in memory, on a real broker with a vhost of its own.
class ConsumerFixture : public testing::Test {
 protected:
  static constexpr absl::Duration kConsumerWait = absl::Seconds(30);
  static constexpr char kQueue[] = "logistics_payments";
  static constexpr char kDlq[] = "logistics_payments.dlq";

  ConsumerFixture() {
    options_.urls = {broker_.url()};
    options_.reconnect_min = absl::Milliseconds(20);
    options_.reconnect_max = absl::Milliseconds(200);
    options_.payments.retry_delay = absl::Milliseconds(50);
  }

  std::unique_ptr<Consumer> NewConsumer() {
    return std::make_unique<Consumer>(options_, options_.payments, PaymentsQueueOf(options_), EventHandlers(payments_),
                                      inbox_, clock_, metrics_, health_);
  }
  // Returns once it takes messages.
  void StartConsumer() {
    consumer_ = NewConsumer();
    consumer_->Start();
    ASSERT_TRUE(WaitUntilUp());
  }
  bool WaitUntilUp() { return health_.WaitForState("consumer payments", ports::HealthState::kUp, kConsumerWait); }
  void StopConsumer() { consumer_->Stop(absl::Now() + kConsumerWait); }
  InboxWorker NewWorker() {
    return {options_.payments, PaymentsQueueOf(options_), EventHandlers(payments_), inbox_, *consumer_, clock_,
            metrics_};
  }

  // Message `number`, of an order; the amount tells messages of one order apart.
  void Pay(std::uint64_t number, std::uint64_t order, const std::string& amount = "1.00") {
    PublishBody(number, ProcessedEvent(number, order, amount).dump());
  }
  void PublishBody(std::uint64_t number, const std::string& body) {
    const nlohmann::json properties = {{"message_id", EventId(number)},
                                       {"content_type", "application/json"},
                                       {"delivery_mode", 2},
                                       {"type", "PaymentProcessed"}};
    ASSERT_TRUE(broker_.Publish("payment_events", "payment.processed", body, properties)) << "no queue took it";
  }

  double Handled(const std::string& outcome) {
    return metrics_.Value("logistics_messages_handled_total", {{"consumer", "payments"}, {"outcome", outcome}});
  }
  double DeadLettered(const std::string& reason) {
    return metrics_.Value("logistics_messages_dead_lettered_total", {{"consumer", "payments"}, {"reason", reason}});
  }
  double Taken() { return metrics_.Value("logistics_messages_taken_total", {{"consumer", "payments"}}); }
  std::size_t WaitingCount() { return inbox_.List("payments", 0, 1'000, {})->size(); }

  // After the consumer has stopped: what it did not ack is there again.
  bool QueueIsEmpty() { return support::TestConsumer(broker_.url(), kQueue).Rest().empty(); }

  support::TestBroker broker_;
  BrokerOptions options_;
  app::SystemClock clock_;
  fakes::CountingMetrics metrics_;
  fakes::RecordingHealth health_;
  fakes::MemoryInbox inbox_{clock_};
  fakes::ScriptedPayments payments_{inbox_};
  std::unique_ptr<Consumer> consumer_;
};

}  // namespace logistics::messaging
