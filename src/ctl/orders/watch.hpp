// logisticsctl orders watch.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "ctl/client/session.hpp"

namespace logistics::ctl {

struct WatchArguments {
  ::order::StreamOrderUpdatesRequest request;
  std::int64_t count = 0;  // changes to show; 0: no limit
  absl::Duration time = absl::InfiniteDuration();
};

// Shows each change once, as it comes, until a stop (Ctrl-C, `time`, `count`) or a refusal. A stream that ends
// otherwise is resumed after the last change shown, with a line on stderr. A server that cannot be reached at the start
// ends the watch. At the end the token to resume from is on stderr. Returns the exit code.
int WatchOrders(Session& session, const WatchArguments& arguments);

}  // namespace logistics::ctl
