#pragma once

#include <cstddef>

#include "absl/time/time.h"
#include "logistics/commands/effects.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/ports/id_generator.hpp"

namespace logistics::commands {

// A command gets this besides rows. With the same state, context and ids it answers the same.
struct Context {
  const domain::StockPolicy& policy;
  ports::IdGenerator& ids;  // of events
  absl::Time now;           // of the transaction, to the microsecond
  std::size_t index = 0;    // its place in this try of its batch: its claim and its message are known by that
  Cause cause;
};

}  // namespace logistics::commands
