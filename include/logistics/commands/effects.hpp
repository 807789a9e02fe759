// Effects are the rows that a command writes. They are stored whole or, when the command is refused, not at all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "logistics/domain/event.hpp"
#include "logistics/domain/order.hpp"
#include "logistics/domain/payment.hpp"
#include "logistics/domain/reservation.hpp"
#include "logistics/domain/saga_step.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::commands {

// Where a change comes from; travels with its events. Copied: an effect outlives the call that caused it.
struct Cause {
  std::string correlation_id;
  std::string traceparent;  // W3C trace context; empty = none
};

// One change of an order's status; its creation is version 1 and has no previous status.
struct HistoryRow {
  domain::OrderId order_id;
  std::int64_t version = 1;
  std::optional<domain::OrderStatus> previous;
  domain::OrderStatus status = domain::OrderStatus::kPending;
  std::string changed_by;
  std::string notes;
  absl::Time at;
};

// One line of the stock ledger.
struct MovementRow {
  domain::StockMovement movement;
  std::optional<domain::OrderId> reservation_id;
  std::string reason;
  std::string reference;
};

struct OutboxRow {
  domain::Event event;
  Cause cause;
};

// Steps for the peer that keeps the stock, after those of the same reservation that wait already. One a reservation.
struct SettlementRow {
  domain::Uuid reservation_id;
  std::vector<domain::SagaStep> steps;
  std::string reason;
};

// Pieces that did not go back to their level, because it would have risen above its limit. An operator decides.
struct RefusedRestock {
  domain::Uuid reservation_id;
  domain::LevelKey level;
  std::string sku;
  std::int32_t quantity = 0;
  std::string reason;
};

// The idempotency key of an intent: remembered with the intent, forgotten with its order, freed with its end.
struct IntentKey {
  domain::Uuid reservation_id;
  domain::CustomerId customer_id;
  std::string key;
};

// By a message, or, without one, at the order's creation.
struct PaymentRow {
  domain::PaymentNotice notice;
  std::int64_t amount_minor = 0;
  domain::Currency currency;
  std::optional<std::string> message_id;
};

struct DoneMessage {
  std::string consumer;
  std::string message_id;
};

// Ordinals of movements and events are their places in these lists. Not thread-safe.
struct Effects {
  std::vector<domain::Order> new_orders;
  std::vector<domain::Order> changed_orders;
  std::vector<domain::Reservation> new_reservations;
  std::vector<domain::Reservation> changed_reservations;  // their state
  std::vector<HistoryRow> history;
  std::vector<MovementRow> movements;
  std::vector<OutboxRow> outbox;
  std::vector<domain::Product> new_products;  // their SKUs are claimed, which inserts them
  std::map<domain::LevelKey, domain::StockBook::Changed> levels;
  std::vector<IntentKey> claimed_intent_keys;
  std::vector<domain::Uuid> completed_intents;
  std::vector<domain::Uuid> abandoned_intents;
  std::vector<SettlementRow> settlements;
  std::vector<RefusedRestock> refused_restocks;
  std::vector<PaymentRow> payments;
  std::vector<DoneMessage> done_messages;
  std::vector<std::int64_t> no_longer_waiting;  // rows of messages that waited

  // True when there is nothing to write.
  bool empty() const;

  // Appends the effects of a later command; a level that both changed is as the later one left it.
  void Merge(Effects&& later);
};

// How many kinds of rows Effects has. Whoever adds a kind names it in KindsOf, or this does not compile.
inline constexpr std::size_t kEffectKinds = 17;

// Every member of Effects, as a tuple of references: the one list that empty() and Merge go by.
template <typename E>
requires std::is_same_v<std::remove_const_t<E>, Effects>
auto KindsOf(E& effects) {
  auto& [new_orders, changed_orders, new_reservations, changed_reservations, history, movements, outbox, new_products,
         levels, claimed_intent_keys, completed_intents, abandoned_intents, settlements, refused_restocks, payments,
         done_messages, no_longer_waiting] = effects;
  return std::tie(new_orders, changed_orders, new_reservations, changed_reservations, history, movements, outbox,
                  new_products, levels, claimed_intent_keys, completed_intents, abandoned_intents, settlements,
                  refused_restocks, payments, done_messages, no_longer_waiting);
}
static_assert(std::tuple_size_v<decltype(KindsOf(std::declval<Effects&>()))> == kEffectKinds);

}  // namespace logistics::commands
