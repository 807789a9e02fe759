#include "app/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace logistics::app {
namespace {

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGUSR1);  // how the destructor wakes the thread
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error of its call, not the end of the daemon
  // As the first process of a container the daemon inherits what others left there. It has no children of its own to
  // wait for, so the kernel may clear all of them away.
  signal(SIGCHLD, SIG_IGN);
  thread_ = std::thread([this] { Loop(); });
}

Signals::~Signals() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

bool Signals::Wait(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  const auto asked = [this] { return stop_requested_; };
  if (timeout == absl::InfiniteDuration()) {
    came_.wait(lock, asked);
    return true;
  }
  return came_.wait_for(lock, absl::ToChronoNanoseconds(timeout), asked);
}

void Signals::Loop() {
  const sigset_t set = HandledSignals();
  for (;;) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    const std::lock_guard lock(mutex_);
    if (number == SIGUSR1) {
      if (ending_) return;
      continue;
    }
    if (stop_requested_) {
      spdlog::warn("second signal {}, ending at once", number);
      _exit(128 + number);
    }
    spdlog::info("signal {}, stopping; a second one ends at once", number);
    stop_requested_ = true;
    came_.notify_all();
  }
}

}  // namespace logistics::app
