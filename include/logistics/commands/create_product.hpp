#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::commands {

// Puts a product into the catalogue. ALREADY_EXISTS when its SKU is taken.
struct CreateProduct {
  using Result = domain::Product;
  domain::Product product;
};

Needs NeedsOf(const CreateProduct& command);
StockNeeds StockNeedsOf(const CreateProduct& command, const State& state);
absl::StatusOr<CreateProduct::Result> Execute(const CreateProduct& command, State& state, Effects& effects,
                                              const Context& context);

}  // namespace logistics::commands
