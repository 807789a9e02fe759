#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/event.hpp"

namespace logistics::ports {

// A routing key of a stream that some queue took an event of. Ages are by the store's clock.
struct RoutedKey {
  domain::EventStream stream = domain::EventStream::kOrder;
  std::string routing_key;
  absl::Duration routed_ago;                     // since the last such event, as far as it was stored
  std::optional<absl::Duration> unroutable_for;  // since no queue takes its events; nullopt: one does
};

// The routing keys that were routable, so that the next leader of the relay knows them too. Thread-safe; blocking, a
// few seconds at most. UNAVAILABLE: the database is unavailable.
class RoutedKeys {
 public:
  // More keys are not kept: the ones that were routed longest ago go first.
  static constexpr int kKeysMax = 500;

  virtual ~RoutedKeys() = default;
  virtual absl::StatusOr<std::vector<RoutedKey>> Load() = 0;
  // Adds or changes `changed`, and removes `gone`. One transaction; safe to repeat.
  virtual absl::Status Store(const std::vector<RoutedKey>& changed, const std::vector<RoutedKey>& gone) = 0;
};

}  // namespace logistics::ports
