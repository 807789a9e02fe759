// A thousand messages of the payment service about many orders, a tenth of them poison of every kind that we know, and
// what all of them must come to.
#pragma once

#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "e2e/payments.hpp"

namespace logistics::e2e {

struct PaymentPlan {
  static constexpr int kOrders = 780;     // each paid, or cancelled because its payment failed
  static constexpr int kDelivered = 60;   // of these messages delivered twice
  static constexpr int kToldAgain = 40;   // of these payments told again by another message
  static constexpr int kOtherTypes = 20;  // of event types that nobody acts on
  static constexpr int kPoison = 100;
  static constexpr int kMessages = kOrders + kDelivered + kToldAgain + kOtherTypes + kPoison;

  // `orders`: kOrders of them. Messages of one order keep their order, those of different orders are mixed.
  PaymentPlan(const std::vector<order::OrderResponse>& orders, std::mt19937_64& random);

  struct Effect {
    std::string outcome;  // "processed", "failed"
    std::string payment_id;
    friend bool operator==(const Effect&, const Effect&) = default;
  };
  struct Poison {
    std::string kind;
    std::string reason;  // a part of what its letter says
    int attempts = 1;    // what its letter says, where nothing else went wrong
  };

  std::vector<support::OutgoingMessage> messages;
  std::map<std::string, Effect> effects;  // by order
  std::map<std::string, Poison> poison;   // by message_id
};

// The tries of a message of an unknown order, with these settings of the daemon.
inline const Flags kPlanFlags = {{"rabbitmq-retry-attempts", "1"}, {"consumers-payments-retry-delay", "10ms"}};
inline constexpr int kPlanTries = 2;

// Every payment is recorded once, every order has changed once, and nothing else has happened. With no daemon at work
// on them any more.
void ExpectEffectsOnce(const World& world, const PaymentPlan& plan);

enum class Letters { kOnce, kAtLeastOnce };

// Takes the dead letters: they are the poison, each with its reason; prints how many there are of which kind.
void ExpectPoisonBuried(const World& world, const PaymentPlan& plan, Letters how_often);

}  // namespace logistics::e2e
