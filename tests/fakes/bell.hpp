#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace logistics::fakes {

// Rung by one side, waited for by the other, who looks between the rings. Thread-safe.
class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  int rings() const {
    const std::lock_guard lock(mutex_);
    return rings_;
  }
  // False: not rung since `seen` until `give_up`.
  bool Await(int seen, absl::Time give_up) {
    std::unique_lock lock(mutex_);
    return rung_.wait_until(lock, absl::ToChronoTime(give_up), [&] { return rings_ != seen; });
  }

  // What `look` finds, asked again at each ring; its empty answer when it finds nothing within `timeout` or when
  // `over`.
  template <typename Look, typename Over>
  auto AwaitResult(const Look& look, const Over& over, absl::Duration timeout) {
    const absl::Time give_up = absl::Now() + timeout;
    for (;;) {
      const int seen = rings();
      if (auto found = look()) return found;
      if (over() || !Await(seen, give_up)) return decltype(look()){};
    }
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable rung_;
  int rings_ = 0;  // guarded by mutex_
};

}  // namespace logistics::fakes
