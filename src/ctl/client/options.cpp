#include "ctl/client/options.hpp"

#include "absl/strings/numbers.h"

namespace logistics::ctl {

bool ParseDuration(const std::string& text, absl::Duration max, absl::Duration& duration) {
  double seconds = 0;
  const bool plain = absl::SimpleAtod(text, &seconds);
  if (plain) duration = absl::Seconds(seconds);
  if (!plain && !absl::ParseDuration(text, &duration)) return false;
  return duration > absl::ZeroDuration() && duration <= max;
}

}  // namespace logistics::ctl
