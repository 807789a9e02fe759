// What the payment service publishes, and what becomes of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "e2e/world.hpp"
#include "nlohmann/json.hpp"
#include "support/broker_publisher.hpp"

namespace logistics::e2e {

inline constexpr char kPaymentsQueue[] = "logistics_payments";
inline constexpr char kPaymentsDlq[] = "logistics_payments.dlq";

// Envelopes (contract §3) of a new message about a new payment that fits the order.
nlohmann::json ProcessedOf(const order::OrderResponse& order);
nlohmann::json FailedOf(const order::OrderResponse& order);
// The same text in a message with another id.
nlohmann::json WithNewId(nlohmann::json envelope);

std::string IdOf(const nlohmann::json& envelope);
std::string PaymentIdOf(const nlohmann::json& envelope);
// As it goes to the payments' exchange.
support::OutgoingMessage MessageOf(const nlohmann::json& envelope);

void Publish(const World& world, const std::vector<nlohmann::json>& envelopes);

// Until it reads the payments' queue, or stands by to do so.
void WaitUntilConsuming(Daemon& daemon);
double Taken(Daemon& daemon);
double Handled(Daemon& daemon, const std::string& outcome);
double DeadLettered(Daemon& daemon, const std::string& reason);

std::int64_t PaymentCount(const World& world);

// One order, or many at once, each of a customer of its own, over 19.99 USD. Throws where one is refused.
order::OrderResponse Place(Daemon& daemon, const Product& product);
std::vector<order::OrderResponse> PlaceMany(Daemon& daemon, const Product& product, int count);

// All dead letters, in the order in which they came: `different` ones, which are waited for, their doubles, and
// whatever else is there. They are taken from the queue.
std::vector<support::ReceivedMessage> TakeLetters(const World& world, std::size_t different);

// Every daemon has ended: no message is left in the payments' queue, given out or not, and none waits in the inbox.
void ExpectNothingWaits(const World& world);

}  // namespace logistics::e2e
