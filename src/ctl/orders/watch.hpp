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

// Shows each change once, as it comes, until it is stopped (Ctrl-C, `time`, `count`) or refused. Where the stream ends
// otherwise it begins another one behind what was shown, and says so on stderr; a server that cannot be reached in the
// first place ends it. In the end the token that goes on is on stderr. Returns the exit code.
int WatchOrders(Session& session, const WatchArguments& arguments);

}  // namespace logistics::ctl
