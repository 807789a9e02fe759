#pragma once

#include <string>
#include <vector>

#include "storage/postgres/options.hpp"

namespace logistics::storage {

// GetOrder's batches are short; two sessions keep one look-up in flight while the next fills.
inline constexpr int kReadBatchers = 2;

struct SessionNeed {
  std::string purpose;
  int sessions = 0;
  bool for_a_moment = false;  // at a start and a reconnect; the others stay open
};

// The sessions that a Database and its relay open at Postgres; each task of NewTask opens one more.
std::vector<SessionNeed> SessionsNeeded(const DatabaseOptions& options);

}  // namespace logistics::storage
