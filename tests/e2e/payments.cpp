#include "e2e/payments.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "absl/time/clock.h"

namespace logistics::e2e {
namespace {

using Json = nlohmann::json;
using support::Eventually;
using support::ReceivedMessage;

// What is not there cannot be waited for.

Json PaymentOf(const order::OrderResponse& order, const std::string& type) {
  return {{"id", NewUuid()},
          {"event_type", type},
          {"timestamp", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone())},
          {"version", "1.0"},
          {"data",
           {{"payment_id", NewUuid()},
            {"order_id", order.id()},
            {"amount", "19.99"},
            {"currency", "USD"},
            {"payment_method", "card"}}}};
}

}  // namespace

Json ProcessedOf(const order::OrderResponse& order) {
  Json envelope = PaymentOf(order, "PaymentProcessed");
  envelope["data"]["transaction_id"] = "tx-" + NewUuid();
  return envelope;
}

Json FailedOf(const order::OrderResponse& order) {
  Json envelope = PaymentOf(order, "PaymentFailed");
  envelope["data"]["error_code"] = "card_declined";
  envelope["data"]["error_message"] = "the card was declined";
  return envelope;
}

Json WithNewId(Json envelope) {
  envelope["id"] = NewUuid();
  return envelope;
}

std::string IdOf(const Json& envelope) { return envelope["id"]; }
std::string PaymentIdOf(const Json& envelope) { return envelope["data"]["payment_id"]; }

support::OutgoingMessage MessageOf(const Json& envelope) {
  const std::string type = envelope["event_type"];
  const std::string key = type == "PaymentFailed" ? "payment.failed" : "payment.processed";
  return {"payment_events", key, IdOf(envelope), type, envelope.dump()};
}

void Publish(const World& world, const std::vector<Json>& envelopes) {
  std::vector<support::OutgoingMessage> messages;
  for (const Json& envelope : envelopes) messages.push_back(MessageOf(envelope));
  support::TestPublisher(world.broker.url()).Publish(messages);
}

void WaitUntilConsuming(Daemon& daemon) {
  daemon.WaitUntilPublishing();
  const auto consuming = [&] { return daemon.Get("/readyz").body.find("consumer payments: up") != std::string::npos; };
  if (!Eventually(consuming, kPatience)) {
    throw std::runtime_error("the daemon does not consume: " + daemon.Get("/readyz").body);
  }
}

double Taken(Daemon& daemon) { return daemon.Metric("logistics_messages_taken_total{consumer=\"payments\"}"); }

double Handled(Daemon& daemon, const std::string& outcome) {
  return daemon.Metric("logistics_messages_handled_total{consumer=\"payments\",outcome=\"" + outcome + "\"}");
}

double DeadLettered(Daemon& daemon, const std::string& reason) {
  return daemon.Metric("logistics_messages_dead_lettered_total{consumer=\"payments\",reason=\"" + reason + "\"}");
}

std::int64_t PaymentCount(const World& world) { return world.database.QueryNumber("SELECT count(*) FROM payments"); }

order::OrderResponse Place(Daemon& daemon, const Product& product) {
  Answer placed = Create(daemon, OrderOf(product));
  if (!placed.status.ok()) throw std::runtime_error("CreateOrder: " + placed.status.error_message());
  return std::move(placed.order);
}

std::vector<order::OrderResponse> PlaceMany(Daemon& daemon, const Product& product, int count) {
  constexpr int kClients = 32;
  std::vector<order::OrderResponse> orders(static_cast<std::size_t>(count));
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> refused = false;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        for (std::size_t n = next++; n < orders.size(); n = next++) {
          Answer placed = Create(daemon, OrderOf(product));
          if (!placed.status.ok()) refused = true;
          orders[n] = std::move(placed.order);
        }
      });
    }
  }
  if (refused) throw std::runtime_error("an order was refused");
  return orders;
}

std::vector<ReceivedMessage> TakeLetters(const World& world, std::size_t different) {
  support::TestConsumer dlq(world.broker.url(), kPaymentsDlq);
  std::vector<ReceivedMessage> letters;
  std::set<std::string> ids;
  while (ids.size() < different) {
    std::optional<ReceivedMessage> letter = dlq.Next(kPatience);
    if (!letter) return letters;
    ids.insert(letter->message_id);
    letters.push_back(*std::move(letter));
  }
  for (ReceivedMessage& letter : dlq.Rest()) letters.push_back(std::move(letter));
  return letters;
}

void ExpectNothingWaits(const World& world) {
  for (const ReceivedMessage& left : support::TestConsumer(world.broker.url(), kPaymentsQueue).Rest()) {
    ADD_FAILURE() << "in the queue: " << left.body;
  }
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM inbox_waiting"), 0);
}

}  // namespace logistics::e2e
