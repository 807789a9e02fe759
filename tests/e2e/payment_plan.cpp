#include "e2e/payment_plan.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <utility>

namespace logistics::e2e {
namespace {

using Json = nlohmann::json;
using support::OutgoingMessage;
using support::ReceivedMessage;
using testing::HasSubstr;

using Order = order::OrderResponse;

// What the order has been told before.
enum class After { kAnything, kProcessed, kFailed };

struct PoisonKind {
  const char* name;
  const char* reason;
  After after;
  std::function<OutgoingMessage(const Order&)> make;
  int attempts = 1;
};

// A right message with one thing changed.
std::function<OutgoingMessage(const Order&)> Changed(const std::function<void(Json& envelope)>& change) {
  return [change](const Order& order) {
    Json envelope = ProcessedOf(order);
    OutgoingMessage message = MessageOf(envelope);
    change(envelope);
    message.body = envelope.dump();
    return message;
  };
}

const std::vector<PoisonKind>& PoisonKinds() {
  static const std::vector<PoisonKind> kinds = {
      {"no JSON", "the body is not JSON", After::kAnything,
       [](const Order& order) {
         OutgoingMessage message = MessageOf(ProcessedOf(order));
         message.body.resize(message.body.size() / 2);
         return message;
       }},
      {"no envelope", "data is missing", After::kAnything, Changed([](Json& envelope) { envelope.erase("data"); })},
      {"field missing", "data.order_id is missing", After::kAnything,
       Changed([](Json& envelope) { envelope["data"].erase("order_id"); })},
      {"wrong type", "data.amount is 19.99; wanted is a decimal string", After::kAnything,
       Changed([](Json& envelope) { envelope["data"]["amount"] = 19.99; })},
      {"no UUID", "data.payment_id is \"pay-7\"; wanted is a hyphenated UUID", After::kAnything,
       Changed([](Json& envelope) { envelope["data"]["payment_id"] = "pay-7"; })},
      {"unknown version", "version is \"2.0\"; wanted is \"1.0\"", After::kAnything,
       Changed([](Json& envelope) { envelope["version"] = "2.0"; })},
      {"too fine an amount", "\"19.999\"", After::kAnything,
       Changed([](Json& envelope) { envelope["data"]["amount"] = "19.999"; })},
      {"another amount", "have the payment corrected or given back", After::kAnything,
       Changed([](Json& envelope) { envelope["data"]["amount"] = "1.99"; })},
      {"another currency", "have the payment corrected or given back", After::kAnything,
       Changed([](Json& envelope) { envelope["data"]["currency"] = "EUR"; })},
      {"paid a second time", "is a second one: give it back", After::kProcessed,
       [](const Order& order) { return MessageOf(ProcessedOf(order)); }},
      {"failed after it was paid", "ask the payment service which of the two is true", After::kProcessed,
       [](const Order& order) { return MessageOf(FailedOf(order)); }},
      {"paid after it was cancelled", "give the money back, or have it ordered again", After::kFailed,
       [](const Order& order) { return MessageOf(ProcessedOf(order)); }},
      {"order unknown", "given up after 2 tries", After::kAnything,
       [](const Order&) {
         Order nobodys;
         nobodys.set_id(NewUuid());
         return MessageOf(ProcessedOf(nobodys));
       },
       kPlanTries},
  };
  return kinds;
}

OutgoingMessage OfAnotherType(const Order& order) {
  Json envelope = ProcessedOf(order);
  envelope["event_type"] = "PaymentRefunded";
  return MessageOf(envelope);
}

// In the order in which they are published; each order's own keep theirs.
std::vector<OutgoingMessage> Mixed(const std::vector<std::vector<OutgoingMessage>>& by_order, std::mt19937_64& random) {
  std::vector<std::size_t> turns;
  for (std::size_t i = 0; i < by_order.size(); ++i) turns.insert(turns.end(), by_order[i].size(), i);
  std::shuffle(turns.begin(), turns.end(), random);
  std::vector<std::size_t> next(by_order.size(), 0);
  std::vector<OutgoingMessage> messages;
  for (const std::size_t i : turns) messages.push_back(by_order[i][next[i]++]);
  return messages;
}

}  // namespace

PaymentPlan::PaymentPlan(const std::vector<Order>& orders, std::mt19937_64& random) {
  std::vector<std::vector<OutgoingMessage>> by_order(orders.size());
  std::vector<Json> first;
  std::map<After, std::vector<std::size_t>> who;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const bool fails = random() % 8 == 0;
    first.push_back(fails ? FailedOf(orders[i]) : ProcessedOf(orders[i]));
    by_order[i] = {MessageOf(first[i])};
    effects[orders[i].id()] = {fails ? "failed" : "processed", PaymentIdOf(first[i])};
    who[fails ? After::kFailed : After::kProcessed].push_back(i);
    who[After::kAnything].push_back(i);
  }
  const auto pick = [&](After after) {
    const std::vector<std::size_t>& among = who.at(after);
    return among[random() % among.size()];
  };
  for (int n = 0; n < kPoison; ++n) {
    // Each kind at least some times.
    const PoisonKind& kind = PoisonKinds()[static_cast<std::size_t>(n) % PoisonKinds().size()];
    const std::size_t i = pick(kind.after);
    const OutgoingMessage message = kind.make(orders[i]);
    poison[message.message_id] = {kind.name, kind.reason, kind.attempts};
    // What fits no order in any state may also come first.
    const bool before = kind.after == After::kAnything && random() % 2 == 0;
    by_order[i].insert(before ? by_order[i].begin() : by_order[i].end(), message);
  }
  for (int n = 0; n < kDelivered; ++n) {
    const std::size_t i = pick(After::kAnything);
    by_order[i].push_back(MessageOf(first[i]));
  }
  for (int n = 0; n < kToldAgain; ++n) {
    const std::size_t i = pick(After::kAnything);
    by_order[i].push_back(MessageOf(WithNewId(first[i])));
  }
  for (int n = 0; n < kOtherTypes; ++n) {
    const std::size_t i = pick(After::kAnything);
    by_order[i].push_back(OfAnotherType(orders[i]));
  }
  messages = Mixed(by_order, random);
}

void ExpectEffectsOnce(const World& world, const PaymentPlan& plan) {
  std::map<std::string, std::vector<PaymentPlan::Effect>> recorded;
  for (const auto& row : world.database.Query("SELECT order_id, outcome, payment_id FROM payments")) {
    recorded[row[0].c_str()].push_back({row[1].c_str(), row[2].c_str()});
  }
  std::map<std::string, std::string> changes;
  for (const auto& row :
       world.database.Query("SELECT order_id, string_agg(new_status::text, ', ' ORDER BY version) FROM "
                            "order_status_history GROUP BY order_id")) {
    changes[row[0].c_str()] = row[1].c_str();
  }
  EXPECT_EQ(recorded.size(), plan.effects.size());
  EXPECT_EQ(changes.size(), plan.effects.size());
  int wrong = 0;
  for (const auto& [order, effect] : plan.effects) {
    const std::string expected = effect.outcome == "failed" ? "pending, cancelled" : "pending, processing";
    if (recorded[order] == std::vector{effect} && changes[order] == expected) continue;
    if (++wrong == 1) {
      ADD_FAILURE() << "order " << order << " has " << recorded[order].size() << " payments and went \""
                    << changes[order] << "\"; expected is one that was " << effect.outcome;
    }
  }
  EXPECT_EQ(wrong, 0) << "of " << plan.effects.size() << " orders";
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM inbox_done"),
            PaymentPlan::kOrders + PaymentPlan::kToldAgain);
}

void ExpectPoisonBuried(const World& world, const PaymentPlan& plan, Letters how_often) {
  std::map<std::string, int> letters;  // by message_id
  for (const ReceivedMessage& letter : TakeLetters(world, plan.poison.size())) {
    const auto poison = plan.poison.find(letter.message_id);
    if (poison == plan.poison.end()) {
      ADD_FAILURE() << "no poison: " << letter.body << "\n" << letter.headers.at("x-dead-reason");
      continue;
    }
    ++letters[letter.message_id];
    EXPECT_THAT(letter.headers.at("x-dead-reason"), HasSubstr(poison->second.reason)) << poison->second.kind;
    if (how_often == Letters::kOnce) {
      EXPECT_EQ(letter.headers.at("x-dead-attempts"), std::to_string(poison->second.attempts)) << poison->second.kind;
    }
    EXPECT_EQ(letter.headers.at("x-original-exchange"), "payment_events");
  }
  EXPECT_EQ(letters.size(), plan.poison.size()) << "different letters";

  std::map<std::string, std::pair<int, int>> kinds;  // messages, letters
  for (const auto& [id, poison] : plan.poison) {
    ++kinds[poison.kind].first;
    kinds[poison.kind].second += letters[id];
    if (how_often == Letters::kOnce) {
      EXPECT_EQ(letters[id], 1) << poison.kind;
    }
  }
  std::printf("%-28s %8s %8s\n", "dead letters by kind", "messages", "letters");
  for (const auto& [kind, counts] : kinds) std::printf("%-28s %8d %8d\n", kind.c_str(), counts.first, counts.second);
}

}  // namespace logistics::e2e
