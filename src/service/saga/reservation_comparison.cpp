#include "service/saga/reservation_comparison.hpp"

#include <algorithm>
#include <set>

namespace logistics::service {

std::map<domain::LevelKey, LevelDrift> CompareReservations(const ports::ReservationSnapshot& before,
                                                           const std::vector<ports::LevelRow>& rows,
                                                           const ports::ReservationSnapshot& after) {
  std::map<domain::LevelKey, LevelDrift> levels;
  const auto at = [&](const domain::LevelKey& key) -> LevelDrift& {
    return levels.try_emplace(key, LevelDrift{key, false}).first->second;
  };
  for (const ports::ExpectedReserved& level : before.levels) at(level.key).expected_max += level.held + level.in_flight;
  for (const ports::ExpectedReserved& level : after.levels) {
    at(level.key).expected_max += level.created_since;
    at(level.key).expected_min += level.held;
  }
  for (const ports::LevelRow& row : rows) {
    at(row.key).at_peer = true;
    at(row.key).reserved = row.level.reserved;
  }
  std::erase_if(levels, [](const auto& entry) {
    const LevelDrift& level = entry.second;
    return level.expected_min <= level.reserved && level.reserved <= level.expected_max;
  });
  return levels;
}

std::vector<LevelDrift> StillDrifting(const std::map<domain::LevelKey, LevelDrift>& earlier,
                                      const std::map<domain::LevelKey, LevelDrift>& now) {
  std::vector<LevelDrift> still;
  for (const auto& [key, drift] : now) {
    const auto found = earlier.find(key);
    if (found != earlier.end() && (found->second.drift() > 0) == (drift.drift() > 0)) still.push_back(drift);
  }
  return still;
}

std::vector<MultiLocationProduct> InSeveralLocations(const ports::ReservationSnapshot& ours,
                                                     const std::vector<ports::LevelRow>& rows) {
  std::set<domain::ProductId> products;
  for (const ports::ExpectedReserved& level : ours.levels) products.insert(level.key.product_id);
  std::map<domain::ProductId, std::vector<domain::WarehouseId>> locations;
  for (const ports::LevelRow& row : rows) {
    if (products.contains(row.key.product_id)) locations[row.key.product_id].push_back(row.key.warehouse_id);
  }
  std::vector<MultiLocationProduct> several;
  for (auto& [product, warehouses] : locations) {
    if (warehouses.size() > 1) several.push_back({product, std::move(warehouses)});
  }
  return several;
}

std::vector<ports::LevelRow> DamagedLevels(const std::vector<ports::LevelRow>& rows) {
  std::vector<ports::LevelRow> damaged;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(damaged),
               [](const ports::LevelRow& row) { return row.level.reserved < 0 || row.said_available; });
  return damaged;
}

}  // namespace logistics::service
