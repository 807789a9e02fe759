// Between the peer's messages and the domain. The peer is not trusted: a row that names no UUIDs is nullopt.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inventory.pb.h"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/inventory_peer.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::remote_inventory {

void FillReservation(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                     const std::vector<domain::StockItem>& items, ::inventory::StockReservationRequest& request);

// The peer's answer for each item, in the peer's order.
std::vector<ports::PeerAvailability> AvailabilityFrom(const ::inventory::StockReservationResponse& response,
                                                      const std::vector<domain::StockItem>& wanted);

std::optional<ports::LevelRow> LevelFrom(const ::inventory::InventoryLevel& level);
std::optional<domain::Product> ProductFrom(const ::inventory::Item& item);

}  // namespace logistics::remote_inventory
