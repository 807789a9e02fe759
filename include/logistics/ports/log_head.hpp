#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"

namespace logistics::ports {

// The identity of a database, and its last commit.
struct LogHead {
  domain::Uuid database_id;
  std::int32_t timeline = 0;  // one more after each failover or restore to a point in time
  std::int64_t number = 0;    // of the last commit; 0: none yet
  absl::Time now;             // Postgres' clock
  // Changes of commits up to here may be deleted, because of their age; 0: none are.
  std::int64_t deleted_up_to = 0;
};

// Whether a reader that has read up to `position` of the log behind `before` may go on in the log behind `now`. No: the
// database was replaced by another state of it, where numbers may name other commits, or what follows is deleted.
inline bool IsSameLog(const LogHead& before, const LogHead& now, std::int64_t position) {
  return now.database_id == before.database_id && now.timeline == before.timeline && now.number >= position &&
         now.deleted_up_to <= position;
}

}  // namespace logistics::ports
