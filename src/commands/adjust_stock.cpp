#include "logistics/commands/adjust_stock.hpp"

#include <vector>

#include "absl/strings/str_cat.h"
#include "commands/claims.hpp"
#include "commands/order_effects.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::commands {

Needs NeedsOf(const AdjustStock& command) {
  Needs needs;
  const ports::StockAdjustment& adjustment = command.adjustment;
  needs.product_ids.push_back(adjustment.key.product_id);
  if (!adjustment.request_id.empty()) {
    needs.conflict_keys.push_back(AdjustmentConflict(adjustment.request_id));
    needs.adjustment = {adjustment.request_id, adjustment.key, adjustment.delta};
  }
  return needs;
}

StockNeeds StockNeedsOf(const AdjustStock& command, const State& /*state*/) { return {{}, {command.adjustment.key}}; }

absl::StatusOr<ports::LevelRow> Execute(const AdjustStock& command, State& state, Effects& effects,
                                        const Context& context) {
  const ports::StockAdjustment& adjustment = command.adjustment;
  if (const ClaimState* claim = state.FindClaim(context.index)) {
    if (claim->claim == Claim::kLostSame) {
      const domain::StockLevel level = state.stock().Find(adjustment.key).value_or(domain::StockLevel{});
      return ports::LevelRow{adjustment.key, level, context.now};
    }
    if (claim->claim != Claim::kWon) {
      return LostClaim(claim->claim, absl::StrCat("idempotency-key ", domain::Quoted(adjustment.request_id),
                                                  " made an adjustment with other numbers"));
    }
    if (absl::Status named = CheckNewName("idempotency-key", adjustment.request_id); !named.ok()) return named;
  }
  const domain::ProductRef* product = state.FindProduct(adjustment.key.product_id);
  if (product == nullptr) {
    return absl::NotFoundError(absl::StrCat("product ", adjustment.key.product_id.ToString(), " does not exist"));
  }
  std::vector<domain::StockMovement> movements;
  const absl::Status adjusted = state.stock().Adjust(adjustment.key, adjustment.delta, movements);
  if (!adjusted.ok()) return adjusted;
  for (const domain::StockMovement& movement : movements) {
    effects.movements.push_back({movement, std::nullopt, adjustment.reason, adjustment.reference});
    Emit(effects, context,
         domain::InventoryUpdated{adjustment.key.product_id, product->sku,
                                  movement.quantity_after - movement.quantity_delta, movement.quantity_after,
                                  adjustment.key.warehouse_id, adjustment.reason});
  }
  return ports::LevelRow{adjustment.key, *state.stock().Find(adjustment.key), context.now};
}

}  // namespace logistics::commands
