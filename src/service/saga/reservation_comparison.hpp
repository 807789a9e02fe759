// Compares our books with the peer's, for one look at both. Pure.
#pragma once

#include <map>
#include <vector>

#include "logistics/ports/reservation_ledger.hpp"
#include "logistics/service/saga/reconciler.hpp"

namespace logistics::service {

// Levels whose `reserved` our reservations do not explain, by key. The peer was asked for `rows` after `before` was
// taken, and answered before `after` was; `after` was taken since `before`.
std::map<domain::LevelKey, LevelDrift> CompareReservations(const ports::ReservationSnapshot& before,
                                                           const std::vector<ports::LevelRow>& rows,
                                                           const ports::ReservationSnapshot& after);

// Those of `now` that drifted the same way `earlier`.
std::vector<LevelDrift> StillDrifting(const std::map<domain::LevelKey, LevelDrift>& earlier,
                                      const std::map<domain::LevelKey, LevelDrift>& now);

// Products of the snapshot with several levels, also ones of 0.
std::vector<MultiLocationProduct> InSeveralLocations(const ports::ReservationSnapshot& ours,
                                                     const std::vector<ports::LevelRow>& rows);

std::vector<ports::LevelRow> DamagedLevels(const std::vector<ports::LevelRow>& rows);

}  // namespace logistics::service
