#pragma once

#include "absl/time/time.h"

namespace logistics::service {

// How orders are made with an inventory that another service keeps. Defaults are those of config/logistics-engine.yaml.
struct SagaOptions {
  // After a reserve with unknown outcome the release is sent again so much later, whatever the first answer was: the
  // first release may have overtaken the reserve.
  absl::Duration release_again_after = absl::Seconds(30);
  // An intent this old was left by a crash and is released. Above the time that a reserve may take.
  absl::Duration intent_ttl = absl::Seconds(60);
  // Between looks for such intents, above zero; the first look is at the start. Not a setting.
  absl::Duration recover_every = absl::Minutes(1);
  // A settlement this old is listed and raises an alarm; it is tried for ever.
  absl::Duration settle_alarm_after = absl::Hours(1);
  int settle_concurrency = 8;                             // settlements at the peer at once, 1–64
  absl::Duration reconcile_interval = absl::Minutes(10);  // between comparisons of our books with the peer's
  int calls_max = 64;                                     // orders that wait for the peer at once, 1–4096
};

}  // namespace logistics::service
