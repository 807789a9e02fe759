#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace logistics::app {

// SIGTERM and SIGINT as something to wait for. The first asks for an orderly stop; a second one ends the process at
// once, with 128 + its number. Construct before any other thread exists, so that all of them leave the signals to this
// one.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Blocks until a signal came, or until the duration is over. True when one came.
  bool Wait(absl::Duration timeout = absl::InfiniteDuration());

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable came_;
  bool stop_requested_ = false;  // guarded by mutex_
  bool ending_ = false;          // guarded by mutex_
  std::thread thread_;
};

}  // namespace logistics::app
