// A State holds the rows that commands know, as they are under the locks of their transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "logistics/domain/order.hpp"
#include "logistics/domain/order_products.hpp"
#include "logistics/domain/payment.hpp"
#include "logistics/domain/reservation.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::commands {

// How the claim of an idempotency key, of an adjustment's request id or of a new SKU went.
enum class Claim {
  kWon,
  kLostSame,   // it was used before with the same payload: `existing` answers, or the level as it stands
  kLostOther,  // it was used with another payload, or the SKU is taken
  kLostGone,   // the winner has given up meanwhile: try again
};

struct ClaimState {
  Claim claim = Claim::kWon;
  std::optional<domain::Order> existing;
};

// The message that a command acts on.
struct MessageState {
  bool done = false;
  std::optional<std::int64_t> waits_as = std::nullopt;       // its own row, where it waits
  std::optional<std::int64_t> first_waiting = std::nullopt;  // the first row of its consumer and order
  std::vector<domain::RecordedPayment> recorded = {};        // as domain::DecidePayment wants them
};

// A State is filled by whoever runs commands (a store, or a test's fake) and changed by the commands. Each command
// works on a journal: a State that reads through to the one that it is of and keeps its own changes, until Merge takes
// them over. A journal that is dropped has changed nothing. Not thread-safe; pointers hold until the next change.
class State {
 public:
  State() = default;

  // Of this state, which outlives the journal and does not change meanwhile.
  State Journal() const { return State(this); }
  // Takes over what a journal of this state changed.
  void Merge(State&& journal);

  // Rows that were read. Products never change their id or SKU. Claims and messages are of the command at `index`.
  void LoadOrder(domain::Order order);
  void LoadReservation(domain::Reservation reservation);
  void LoadProduct(const domain::ProductRef& product);
  void LoadLevel(const domain::LevelKey& key, const domain::StockLevel& level) { stock_.Load(key, level); }
  void LoadClaim(std::size_t index, ClaimState claim) { claims_.insert_or_assign(index, std::move(claim)); }
  void LoadMessage(std::size_t index, MessageState message) { messages_.insert_or_assign(index, std::move(message)); }

  // nullptr where there is none.
  const domain::Order* FindOrder(const domain::OrderId& id) const;
  // The reservation of this order, or the external one of this id.
  const domain::Reservation* FindReservation(const domain::OrderId& id) const;
  const domain::ProductRef* FindProduct(const domain::ProductId& id) const;
  const domain::ProductRef* FindProduct(const std::string& sku) const;
  // By its id where it has one, else by its SKU.
  const domain::ProductRef* FindProduct(const std::optional<domain::ProductId>& id, const std::string& sku) const {
    return id ? FindProduct(*id) : FindProduct(sku);
  }
  const ClaimState* FindClaim(std::size_t index) const;
  const MessageState* FindMessage(std::size_t index) const;

  // An order or a reservation as a command leaves it.
  void Put(domain::Order order);
  void Put(domain::Reservation reservation);
  // Levels are changed by the book's own operations.
  domain::StockBook& stock() { return stock_; }
  const domain::StockBook& stock() const { return stock_; }

 private:
  explicit State(const State* base) : base_(base), stock_(&base->stock_) {}

  const State* base_ = nullptr;  // of a journal
  absl::flat_hash_map<std::size_t, ClaimState> claims_;
  absl::flat_hash_map<std::size_t, MessageState> messages_;
  absl::flat_hash_map<domain::OrderId, domain::Order> orders_;
  absl::flat_hash_map<domain::OrderId, domain::Reservation> reservations_;
  absl::flat_hash_map<domain::ProductId, domain::ProductRef> products_by_id_;
  absl::flat_hash_map<std::string, domain::ProductId> products_by_sku_;
  domain::StockBook stock_;
};

}  // namespace logistics::commands
