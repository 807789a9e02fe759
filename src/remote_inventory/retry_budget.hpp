#pragma once

#include <mutex>

#include "absl/time/time.h"
#include "remote_inventory/options.hpp"

namespace logistics::remote_inventory {

// Bounds how much of the load retries may be, over all reads: every read puts a part of a token in, every retry takes a
// whole one out. It begins full. Thread-safe.
class RetryBudget {
 public:
  explicit RetryBudget(const ReadRetryOptions& options);

  void NoteRead();
  // Whether a read may be tried again.
  bool TryTake();

  // How long to wait before retry `retry` (from 0): doubling within the options' bounds, of which a random half is
  // taken off, so that many who failed together do not come back together.
  absl::Duration Delay(int retry) const;

 private:
  const ReadRetryOptions options_;
  std::mutex mutex_;
  double tokens_;  // guarded by mutex_
};

}  // namespace logistics::remote_inventory
