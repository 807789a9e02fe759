#include "logistics/commands/create_product.hpp"

#include "absl/strings/str_cat.h"
#include "commands/claims.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::commands {

Needs NeedsOf(const CreateProduct& command) {
  Needs needs;
  needs.conflict_keys.push_back(SkuConflict(command.product.sku));
  needs.new_product = command.product;
  return needs;
}

StockNeeds StockNeedsOf(const CreateProduct& /*command*/, const State& /*state*/) { return {}; }

absl::StatusOr<domain::Product> Execute(const CreateProduct& command, State& state, Effects& effects,
                                        const Context& context) {
  const ClaimState* claim = state.FindClaim(context.index);
  if (claim == nullptr || claim->claim != Claim::kWon) {
    return LostClaim(claim == nullptr ? Claim::kLostGone : claim->claim,
                     absl::StrCat("sku ", domain::Quoted(command.product.sku), " is taken"));
  }
  effects.new_products.push_back(command.product);
  return command.product;
}

}  // namespace logistics::commands
