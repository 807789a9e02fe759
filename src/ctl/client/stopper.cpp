#include "ctl/client/stopper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "absl/time/clock.h"

namespace logistics::ctl {
namespace {

// poll takes milliseconds as an int.
constexpr absl::Duration kPollMax = absl::Hours(1);

std::atomic<int> signal_pipe{-1};

extern "C" void OnSignal(int /*number*/) {
  const int saved = errno;
  const char byte = 0;
  // A full pipe has a byte already.
  [[maybe_unused]] const ssize_t written = write(signal_pipe.load(), &byte, 1);
  errno = saved;
}

void Handle(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(number, &action, nullptr);
}

}  // namespace

Stopper::Stopper(absl::Duration time) : deadline_(absl::Now() + time) {
  // Without a pipe the default action of a signal ends the process, which serves as well.
  if (pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) pipe_ = {-1, -1};
  signal_pipe.store(pipe_[1]);
  if (pipe_[1] >= 0) {
    Handle(SIGINT, OnSignal);
    Handle(SIGTERM, OnSignal);
  }
  thread_ = std::thread([this] { AwaitStop(); });
}

Stopper::~Stopper() {
  Handle(SIGINT, SIG_DFL);
  Handle(SIGTERM, SIG_DFL);
  OnSignal(0);
  thread_.join();
  signal_pipe.store(-1);
  for (const int end : pipe_) {
    if (end >= 0) close(end);
  }
}

void Stopper::SetCall(grpc::ClientContext* call) {
  const std::lock_guard lock(mutex_);
  call_ = call;
  if (stopped_ && call_ != nullptr) call_->TryCancel();
}

bool Stopper::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

bool Stopper::WaitFor(absl::Duration time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(time), [this] { return stopped_; });
}

void Stopper::AwaitStop() {
  pollfd end = {pipe_[0], POLLIN, 0};
  while (true) {
    const absl::Duration left = std::clamp(deadline_ - absl::Now(), absl::ZeroDuration(), kPollMax);
    const int ready = poll(&end, 1, static_cast<int>(absl::ToInt64Milliseconds(left)));
    if (ready > 0 || (ready == 0 && absl::Now() >= deadline_)) break;
  }
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (call_ != nullptr) call_->TryCancel();
  changed_.notify_all();
}

}  // namespace logistics::ctl
