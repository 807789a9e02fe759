#include "service/saga/hold_comparison.hpp"

#include <algorithm>
#include <set>

namespace logistics::service {

std::map<domain::LevelKey, LevelDrift> CompareHolds(const ports::HoldSnapshot& before,
                                                    const std::vector<ports::LevelRow>& rows,
                                                    const ports::HoldSnapshot& after) {
  std::map<domain::LevelKey, LevelDrift> levels;
  const auto at = [&](const domain::LevelKey& key) -> LevelDrift& {
    return levels.try_emplace(key, LevelDrift{key, false}).first->second;
  };
  for (const ports::ExpectedHold& hold : before.holds) at(hold.key).expected_max += hold.held + hold.under_way;
  for (const ports::ExpectedHold& hold : after.holds) {
    at(hold.key).expected_max += hold.came_up;
    at(hold.key).expected_min += hold.held;
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

std::vector<MultiLocationProduct> InSeveralLocations(const ports::HoldSnapshot& holds,
                                                     const std::vector<ports::LevelRow>& rows) {
  std::set<domain::ProductId> ours;
  for (const ports::ExpectedHold& hold : holds.holds) ours.insert(hold.key.product_id);
  std::map<domain::ProductId, std::vector<domain::WarehouseId>> locations;
  for (const ports::LevelRow& row : rows) {
    if (ours.contains(row.key.product_id)) locations[row.key.product_id].push_back(row.key.warehouse_id);
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
