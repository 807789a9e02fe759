// The end of a command that would go on for ever.
#pragma once

#include <grpcpp/client_context.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace logistics::ctl {

// Stops at SIGINT or SIGTERM, or when its time is over. A second signal ends the process by its default action. One at
// a time in a process; thread-safe.
class Stopper {
 public:
  // absl::InfiniteDuration(): signals only.
  explicit Stopper(absl::Duration time);
  ~Stopper();
  Stopper(const Stopper&) = delete;
  Stopper& operator=(const Stopper&) = delete;

  // The stop cancels this call; a stop that has happened cancels the call at once. null: none. The call outlives its
  // place here.
  void SetCall(grpc::ClientContext* call);

  bool stopped() const;
  // Waits so long, or until the stop; stopped().
  bool WaitFor(absl::Duration time);

 private:
  // Until the stop, or until the pipe is written to.
  void AwaitStop();

  const absl::Time deadline_;
  std::array<int, 2> pipe_{-1, -1};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;                 // guarded by mutex_
  grpc::ClientContext* call_ = nullptr;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace logistics::ctl
