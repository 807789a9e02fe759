// What a command asks for before it can be decided, as values: which rows are locked and read, what is claimed, and
// with which other commands it cannot share a transaction.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "logistics/commands/state.hpp"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/order.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::commands {

// Two commands that share a conflict key are never in one batch: the statements that write a batch apply one row a key.
struct ConflictKey {
  enum class Kind { kOrder, kIdempotencyKey, kSku, kPayment, kMessage, kAdjustment };
  Kind kind = Kind::kOrder;
  domain::Uuid id;    // of the order, the customer or the payment
  std::string scope;  // the consumer of a message
  std::string name;   // the key, the SKU, the message's id or the adjustment's request id
  friend bool operator==(const ConflictKey&, const ConflictKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const ConflictKey& key) {
    return H::combine(std::move(state), key.kind, key.id, key.scope, key.name);
  }
};
// An order, or the reservation of the same id.
inline ConflictKey OrderConflict(const domain::OrderId& id) { return {ConflictKey::Kind::kOrder, id.uuid(), "", ""}; }
inline ConflictKey IdempotencyConflict(const domain::CustomerId& customer, std::string key) {
  return {ConflictKey::Kind::kIdempotencyKey, customer.uuid(), "", std::move(key)};
}
inline ConflictKey SkuConflict(std::string sku) { return {ConflictKey::Kind::kSku, {}, "", std::move(sku)}; }
inline ConflictKey PaymentConflict(const domain::Uuid& payment_id) {
  return {ConflictKey::Kind::kPayment, payment_id, "", ""};
}
inline ConflictKey MessageConflict(std::string consumer, std::string message_id) {
  return {ConflictKey::Kind::kMessage, {}, std::move(consumer), std::move(message_id)};
}
inline ConflictKey AdjustmentConflict(std::string request_id) {
  return {ConflictKey::Kind::kAdjustment, {}, "", std::move(request_id)};
}

// An idempotency key on its way to the order that it makes.
struct KeyClaim {
  domain::CustomerId customer_id;
  std::string key;
  domain::OrderId order_id;
  std::string fingerprint;  // of the payload
};

// The same of the request id of an adjustment; the numbers are its payload.
struct AdjustmentClaim {
  std::string request_id;
  domain::LevelKey level;
  std::int64_t delta = 0;
};

struct MessageNeed {
  std::string consumer;
  std::string message_id;
  domain::OrderId order_id;
  std::optional<domain::Uuid> payment_id;
};

// First phase: by the command alone.
struct Needs {
  std::vector<ConflictKey> conflict_keys;
  std::optional<KeyClaim> key;
  std::optional<AdjustmentClaim> adjustment;
  std::optional<domain::Product> new_product;  // its SKU is claimed
  std::optional<domain::OrderId> order;        // locked, with the reservation of the same id
  std::optional<MessageNeed> message;
  std::vector<domain::ProductId> product_ids;
  std::vector<std::string> skus;
};

// Second phase: once claims, orders, reservations, messages and the products of the first phase are loaded.
struct StockNeeds {
  std::vector<domain::ProductId> product_ids;  // that the first phase did not know of
  std::vector<domain::LevelKey> levels;        // locked
};

// The needs of a command on an order, or on the reservation of the same id: it is locked, by one command of a batch.
Needs NeedsOfOrder(const domain::OrderId& id);

// Adds the products that lines or wanted items name.
template <typename Items>
void AddProducts(const Items& items, Needs& needs) {
  for (const auto& item : items) {
    if (item.product_id) {
      needs.product_ids.push_back(*item.product_id);
    } else if (!item.sku.empty()) {
      needs.skus.push_back(item.sku);
    }
  }
}

// The levels in `warehouse` of the products that lines or wanted items name, as far as they exist.
template <typename Items>
StockNeeds LevelsOf(const Items& items, const domain::WarehouseId& warehouse, const State& state) {
  StockNeeds needs;
  for (const auto& item : items) {
    if (item.product_id) {
      needs.levels.push_back({*item.product_id, warehouse});
    } else if (const domain::ProductRef* product = state.FindProduct(item.sku)) {
      needs.levels.push_back({product->id, warehouse});
    }
  }
  return needs;
}

// The levels of the reservation of this id, where there is one and the daemon keeps its stock.
StockNeeds LevelsOfReservation(const domain::OrderId& id, const State& state);

}  // namespace logistics::commands
