// Shared by commands: making an order, moving it on, emitting events.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/domain/order.hpp"

namespace logistics::commands {

// Appends an event, with the command's time and cause.
void Emit(Effects& effects, const Context& context, domain::EventData data);

// The key that an order claims, its conflict keys and its products.
Needs NeedsOfNewOrder(const domain::NewOrder& order);

// Stores the order with its history and events, and its payment where it is paid, which moves it on to PROCESSING. Its
// reservation is the caller's to store; where stock leaves the books at creation it is committed here.
absl::StatusOr<domain::Order> AddOrder(domain::Order order, domain::Reservation& reservation, State& state,
                                       Effects& effects, const Context& context);

// Moves the order on, with history and event. Its row is the caller's to store.
void SetStatus(domain::Order& order, domain::OrderStatus status, const std::string& changed_by,
               const std::string& notes, Effects& effects, const Context& context);

}  // namespace logistics::commands
