#include "logistics/commands/reserve_stock.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "commands/order_effects.hpp"
#include "commands/stock_effects.hpp"
#include "logistics/domain/external_reservation.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::commands {

Needs NeedsOf(const ReserveStock& command) {
  Needs needs = NeedsOfOrder(domain::OrderId(command.request.id.uuid));
  AddProducts(command.request.items, needs);
  return needs;
}

StockNeeds StockNeedsOf(const ReserveStock& command, const State& state) {
  return LevelsOf(command.request.items, command.request.warehouse_id, state);
}

namespace {

// Of items whose product is not there, and of the id where it is new.
absl::Status CheckNames(const ReserveStock& command, const domain::WantedReservation& wanted, bool id_is_new) {
  domain::FieldChecker fields;
  if (id_is_new) fields.Identifier("order_id", command.request.id.text, command.request.id.text.size());
  for (std::size_t i = 0; i < wanted.items.size(); ++i) {
    const std::string& sku = command.request.items[i].sku;
    if (!wanted.items[i].error.empty()) fields.Identifier({"sku", "items", i}, sku, sku.size());
  }
  return fields.ToStatus();
}

}  // namespace

absl::StatusOr<ports::ReservationAnswer> Execute(const ReserveStock& command, State& state, Effects& effects,
                                                 const Context& context) {
  const ports::ReservationRequest& request = command.request;
  const domain::OrderId id(request.id.uuid);
  const domain::Reservation* found = state.FindReservation(id);
  const std::optional<domain::Reservation> existing = found == nullptr ? std::nullopt : std::optional(*found);
  domain::WantedReservation wanted =
      domain::ResolveWanted(request.items, [&](const domain::WantedItem& item) -> std::optional<domain::StockItem> {
        const domain::ProductRef* product = state.FindProduct(item.product_id, item.sku);
        return product == nullptr ? std::nullopt : std::optional(domain::StockItem{product->id, product->sku, 0});
      });
  if (const absl::Status named = CheckNames(command, wanted, !existing && !request.id_is_new); !named.ok())
    return named;
  const absl::StatusOr<bool> make =
      domain::DecideReservation(request.id, request.warehouse_id, wanted, existing, state.FindOrder(id) != nullptr);
  if (!make.ok()) return make.status();
  domain::FillAvailability(wanted, state.stock(), request.warehouse_id, existing);
  if (!*make) return ports::ReservationAnswer{true, std::move(wanted.items)};
  if (!wanted.complete) return ports::ReservationAnswer{false, std::move(wanted.items)};

  std::vector<domain::StockMovement> movements;
  const auto shortages = state.stock().Reserve(request.warehouse_id, wanted.pieces, movements);
  if (!shortages.empty()) return ports::ReservationAnswer{false, std::move(wanted.items)};
  RecordMovements(movements, request.id.uuid, "", effects);
  Emit(effects, context, domain::InventoryReserved{request.id.text, id, wanted.pieces, request.warehouse_id});
  domain::Reservation reservation{request.id.uuid, request.warehouse_id, domain::ReservationState::kHeld,
                                  std::move(wanted.pieces)};
  if (request.id.text != id.ToString()) reservation.external_text = request.id.text;
  state.Put(reservation);
  effects.new_reservations.push_back(std::move(reservation));
  return ports::ReservationAnswer{true, std::move(wanted.items)};
}

}  // namespace logistics::commands
