#include "logistics/service/calls/call_queue.hpp"

#include <cassert>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"

namespace logistics::service {
namespace {

// Tasks, and timers, of one run. A task answers a call, which takes some 30 µs; health and new calls wait for a run.
constexpr int kRunAtOnce = 32;

}  // namespace

void CallQueue::Post(std::vector<Task> tasks) {
  const std::lock_guard lock(mutex_);
  posted_.insert(posted_.end(), std::make_move_iterator(tasks.begin()), std::make_move_iterator(tasks.end()));
  if (wake_ != nullptr && !posted_.empty() && !std::exchange(woken_, true)) wake_();
}

void CallQueue::Post(Task task) {
  std::vector<Task> tasks;
  tasks.push_back(std::move(task));
  Post(std::move(tasks));
}

ports::CallExecutor::Timer CallQueue::RunAt(absl::Time time, Task task) {
  const Timer timer(time, ++last_timer_);
  timers_.emplace(timer, std::move(task));
  return timer;
}

void CallQueue::Cancel(const Timer& timer) { timers_.erase(timer); }

void CallQueue::Attach(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  assert(wake_ == nullptr);  // one executor at a time
  wake_ = std::move(wake);
  woken_ = !posted_.empty();
  if (woken_) wake_();
}

void CallQueue::Detach() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
}

bool CallQueue::Run() {
  if (ran_ == running_.size()) {
    running_.clear();
    ran_ = 0;
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
    woken_ = false;
  }
  for (int i = 0; i < kRunAtOnce && ran_ < running_.size(); ++i) {
    // Taken out, so that its call ends with it.
    Task task = std::move(running_[ran_++]);
    std::move(task)();
  }
  const absl::Time now = timers_.empty() ? absl::InfinitePast() : absl::Now();
  const auto timer_is_due = [&] { return !timers_.empty() && timers_.begin()->first.first <= now; };
  for (int i = 0; i < kRunAtOnce && timer_is_due(); ++i) {
    auto due = timers_.extract(timers_.begin());
    std::move(due.mapped())();
  }
  return ran_ < running_.size() || timer_is_due();
}

absl::Time CallQueue::next_timer() const {
  return timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first.first;
}

}  // namespace logistics::service
