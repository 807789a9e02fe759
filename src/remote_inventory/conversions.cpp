#include "remote_inventory/conversions.hpp"

#include <algorithm>

#include "absl/time/time.h"

namespace logistics::remote_inventory {
namespace {

// The peer's times are only displayed: an invalid one becomes the epoch.
absl::Time TimeFrom(const google::protobuf::Timestamp& timestamp) {
  constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the end of the year 9999
  constexpr std::int32_t kNanosMax = 999'999'999;
  if (timestamp.seconds() < 0 || timestamp.seconds() > kSecondsMax) return absl::UnixEpoch();
  if (timestamp.nanos() < 0 || timestamp.nanos() > kNanosMax) return absl::UnixEpoch();
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

}  // namespace

void FillReservation(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                     const std::vector<domain::StockItem>& items, ::inventory::StockReservationRequest& request) {
  request.set_order_id(order_id.ToString());
  request.set_warehouse_id(warehouse.ToString());
  for (const domain::StockItem& item : items) {
    ::inventory::ProductItem& out = *request.add_items();
    out.set_product_id(item.product_id.ToString());
    out.set_sku(item.sku);
    out.set_quantity(item.quantity);
  }
}

std::vector<ports::PeerAvailability> AvailabilityFrom(const ::inventory::StockReservationResponse& response,
                                                      const std::vector<domain::StockItem>& wanted) {
  std::vector<ports::PeerAvailability> items;
  for (const ::inventory::ProductAvailability& said : response.items()) {
    const auto found = std::find_if(wanted.begin(), wanted.end(), [&said](const domain::StockItem& item) {
      return domain::ProductId::Parse(said.product_id()) == item.product_id ||
             (said.product_id().empty() && !said.sku().empty() && said.sku() == item.sku);
    });
    if (found == wanted.end()) continue;  // not asked for
    items.push_back({*found, said.in_stock(), said.available_quantity(), said.error_message()});
  }
  return items;
}

std::optional<ports::LevelRow> LevelFrom(const ::inventory::InventoryLevel& level) {
  const auto product = domain::ProductId::Parse(level.item_id());
  const auto warehouse = domain::WarehouseId::Parse(level.location_id());
  if (!product || !warehouse) return std::nullopt;
  ports::LevelRow row{{*product, *warehouse}, {level.quantity(), level.reserved()}, TimeFrom(level.last_updated())};
  if (level.available() != row.level.available()) row.said_available = level.available();
  return row;
}

std::optional<domain::Product> ProductFrom(const ::inventory::Item& item) {
  const auto id = domain::ProductId::Parse(item.id());
  if (!id) return std::nullopt;
  return domain::Product{.id = *id,
                         .sku = item.sku(),
                         .name = item.name(),
                         .description = item.description(),
                         .category = item.category(),
                         .attributes = {item.attributes().begin(), item.attributes().end()},
                         .created_at = TimeFrom(item.created_at()),
                         .updated_at = TimeFrom(item.updated_at())};
}

}  // namespace logistics::remote_inventory
