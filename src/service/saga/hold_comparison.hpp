// What one look at both books says. Pure.
#pragma once

#include <map>
#include <vector>

#include "logistics/ports/hold_ledger.hpp"
#include "logistics/service/saga/reconciler.hpp"

namespace logistics::service {

// Levels whose `reserved` cannot be explained, by key. `rows` was asked for after `before` was taken, and answered
// before `after` was; `after` was taken since `before`.
std::map<domain::LevelKey, LevelDrift> CompareHolds(const ports::HoldSnapshot& before,
                                                    const std::vector<ports::LevelRow>& rows,
                                                    const ports::HoldSnapshot& after);

// Those of `now` that drifted the same way `earlier`.
std::vector<LevelDrift> StillDrifting(const std::map<domain::LevelKey, LevelDrift>& earlier,
                                      const std::map<domain::LevelKey, LevelDrift>& now);

// Products of the snapshot with several levels, also ones of 0.
std::vector<MultiLocationProduct> InSeveralLocations(const ports::HoldSnapshot& holds,
                                                     const std::vector<ports::LevelRow>& rows);

std::vector<ports::LevelRow> DamagedLevels(const std::vector<ports::LevelRow>& rows);

}  // namespace logistics::service
