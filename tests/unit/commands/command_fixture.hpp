// One command at a time, decided over a State that the test fills: no database, no clock.
#pragma once

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/priced.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/commands/decide.hpp"

namespace logistics::commands {

class CommandTest : public testing::Test {
 protected:
  // Decides one command. Its effects are in effects_ and, where it is not refused, its changes in state_.
  template <typename C>
  absl::StatusOr<typename C::Result> Run(C command) {
    const Command one(std::move(command));
    const std::vector<Item> items = {Item(one, {"correlation", "trace"})};
    Decision decision = Decide(items, state_, policy_, ids_, now_);
    effects_ = std::move(decision.effects);
    unused_keys_ = std::move(decision.unused_keys);
    if (!decision.outcomes.front().ok()) return decision.outcomes.front().status();
    return std::get<typename C::Result>(*std::move(decision.outcomes.front()));
  }

  // The claim of the one command.
  void Claimed(Claim claim, std::optional<domain::Order> existing = std::nullopt) {
    state_.LoadClaim(0, {claim, std::move(existing)});
  }

  domain::ProductId Product(const std::string& sku, std::optional<domain::StockLevel> level = std::nullopt) {
    const domain::ProductId id(ids_.NewId());
    state_.LoadProduct({id, sku});
    if (level) state_.LoadLevel(Key(id), *level);
    return id;
  }
  domain::LevelKey Key(const domain::ProductId& product) const { return {product, warehouse_}; }
  domain::StockLevel LevelOf(const domain::ProductId& product) const { return *state_.stock().Find(Key(product)); }

  // A checked order of so many pieces of each product, at 1.00.
  domain::NewOrder OrderOf(const std::vector<std::pair<domain::ProductId, std::int32_t>>& lines,
                           const std::string& key = "", bool paid = false);
  // A stored order in this status, whose reservation is in that state.
  domain::Order Stored(const std::vector<std::pair<domain::ProductId, std::int32_t>>& lines,
                       domain::OrderStatus status = domain::OrderStatus::kPending,
                       domain::ReservationState reservation = domain::ReservationState::kHeld);
  // An external reservation of two pieces of this product.
  domain::Uuid External(const domain::ProductId& product,
                        domain::ReservationState state = domain::ReservationState::kHeld);
  domain::ReservationState StateOf(const domain::Uuid& id) const {
    return state_.FindReservation(domain::OrderId(id))->state;
  }

  // The types of the emitted events, in order.
  std::vector<std::string> EventTypes() const;

  domain::StockPolicy policy_;
  fakes::SequentialIds ids_;
  const absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  const domain::WarehouseId warehouse_{ids_.NewId()};
  const domain::CustomerId customer_{ids_.NewId()};
  State state_;
  Effects effects_;
  std::vector<std::size_t> unused_keys_;
};

}  // namespace logistics::commands
