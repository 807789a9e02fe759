#include "logistics/commands/needs.hpp"

namespace logistics::commands {

Needs NeedsOfOrder(const domain::OrderId& id) {
  Needs needs;
  needs.conflict_keys.push_back(OrderConflict(id));
  needs.order = id;
  return needs;
}

StockNeeds LevelsOfReservation(const domain::OrderId& id, const State& state) {
  StockNeeds needs;
  const domain::Reservation* reservation = state.FindReservation(id);
  if (reservation == nullptr || reservation->keeper == domain::StockKeeper::kPeer) return needs;
  for (const domain::StockItem& item : reservation->items) {
    needs.levels.push_back({item.product_id, reservation->warehouse_id});
  }
  return needs;
}

}  // namespace logistics::commands
