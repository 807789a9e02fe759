// Natural batching: while one batch is in flight the commands that arrive queue up, and the next batch takes them all.
// An idle system runs one command at once. A second batch beside a running one costs as much again whatever its size,
// so it is begun when the running one ends or takes long and enough commands wait.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "logistics/domain/errors.hpp"
#include "storage/batch/batch_executor.hpp"
#include "storage/batch/batch_pace.hpp"
#include "storage/batch/batcher_limits.hpp"
#include "storage/batch/contested_keys.hpp"
#include "storage/postgres/errors.hpp"

namespace logistics::storage {

// Thread-safe. Commands are taken in arrival order, except that one whose conflict key is in flight waits for the next
// batch. A command of a contested key runs apart: one at a time, on an executor of their own.
template <typename Command, typename Result>
class Batcher {
 public:
  using Item = Pending<Command, Result>;
  using Batch = std::vector<std::shared_ptr<Item>>;
  using Executor = BatchExecutor<Command, Result>;

  // The executor of the commands that are set apart, and the keys that set them apart.
  struct Apart {
    std::unique_ptr<Executor> executor;
    const ContestedKeys& contested;
  };

  // One worker thread per executor. Without `apart` a command that would run apart is refused (UNAVAILABLE).
  Batcher(BatcherLimits limits, std::vector<std::unique_ptr<Executor>> executors,
          std::optional<Apart> apart = std::nullopt)
      : limits_(limits), executors_(std::move(executors)), apart_(std::move(apart)) {
    if (apart_) workers_.emplace_back([this] { WorkApart(); });
    for (const auto& executor : executors_) {
      workers_.emplace_back([this, worker = executor.get()] { Work(*worker); });
    }
  }

  // Runs what is queued to its end, then joins the workers. Commands that come after it are refused.
  ~Batcher() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    wake_apart_.notify_all();
  }

  // From now on each executor keeps itself ready: at once, and whenever its worker had nothing to do for `interval`.
  void KeepReady(std::chrono::milliseconds interval) {
    const std::lock_guard lock(mutex_);
    keep_interval_ = interval;
    wake_.notify_all();
    wake_apart_.notify_all();
  }

  // Takes the command in; it is answered then. Refused otherwise: RESOURCE_EXHAUSTED when queue_max commands wait
  // already, UNAVAILABLE when the batcher ends, both with a retry hint.
  absl::Status Enqueue(const std::shared_ptr<Item>& item) {
    item->queued_at = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (stopping_) return domain::RetryLaterError(absl::StatusCode::kUnavailable, "shutting down", absl::Seconds(1));
    if (queue_.size() >= limits_.queue_max) {
      return domain::RetryLaterError(absl::StatusCode::kResourceExhausted, "too many commands are waiting",
                                     absl::Milliseconds(200));
    }
    queue_.push_back(item);
    // Under the lock: once it is free, a destructor that runs the queue to its end may be done with wake_.
    if (queue_.size() == 1 || pace_.Enough(queue_.size())) wake_.notify_one();
    return absl::OkStatus();
  }

  // True when the command waited apart; it never runs then.
  bool StopWaitingApart(const std::shared_ptr<Item>& item) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find(apart_queue_.begin(), apart_queue_.end(), item);
    if (found == apart_queue_.end()) return false;
    apart_queue_.erase(found);
    ReleaseKeysLocked(*item);
    return true;
  }

  // Commands that wait now; those that are to run apart.
  std::size_t queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }
  std::size_t apart() const {
    const std::lock_guard lock(mutex_);
    return apart_queue_.size();
  }

 private:
  using Refused = RefusedBatch<Batch>;
  using Time = std::chrono::steady_clock::time_point;

  void Work(Executor& executor) {
    Time kept_at;
    bool ending = false;  // guarded by mutex_
    executor.OnEnding([this, &ending] {
      const std::lock_guard lock(mutex_);
      if (!std::exchange(ending, true)) pace_.Ending();
      if (!queue_.empty() && pace_.Enough(queue_.size())) wake_.notify_one();
    });
    for (;;) {
      Batch batch;
      Refused refused;
      {
        std::unique_lock lock(mutex_);
        while (!TakeLocked(batch, refused)) {
          if (stopping_ && queue_.empty()) return;
          if (!KeepReadyLocked(lock, executor, kept_at)) WaitLocked(lock, kept_at);
        }
        if (!batch.empty()) pace_.Begin(batch.size());
        if (batch.empty() && stopping_) wake_apart_.notify_all();
        // Another worker takes what this one leaves, or waits for the time when it is due.
        if (!queue_.empty()) wake_.notify_one();
      }
      refused.Answer();
      if (batch.empty()) continue;
      const Time begun = std::chrono::steady_clock::now();
      const Batch apart = executor.Execute(batch);
      const std::lock_guard lock(mutex_);
      pace_.End(std::exchange(ending, false), std::chrono::steady_clock::now() - begun);
      for (const auto& item : batch) ReleaseKeysLocked(*item);
      Refused too_many;
      for (const auto& item : apart) SetApartLocked(item, true, too_many);
      too_many.Answer();
      // This worker takes what waits now; the others are woken for what it leaves, and for the end.
      if (stopping_ || queue_.size() > limits_.batch_max) wake_.notify_all();
      if (stopping_) wake_apart_.notify_all();
    }
  }

  void WorkApart() {
    Time kept_at;
    for (;;) {
      Batch one;
      Refused refused;
      {
        std::unique_lock lock(mutex_);
        while (!TakeApartLocked(one, refused)) {
          if (stopping_ && queue_.empty() && pace_.running() == 0) return;
          if (!KeepReadyLocked(lock, *apart_->executor, kept_at)) WaitIdleLocked(wake_apart_, lock, kept_at);
        }
      }
      refused.Answer();
      if (one.empty()) continue;
      apart_->executor->Execute(one);
      const std::lock_guard lock(mutex_);
      ReleaseKeysLocked(*one.front());
      wake_.notify_all();
    }
  }

  // Requires mutex_.
  void ReleaseKeysLocked(const Item& item) {
    for (const std::size_t key : item.conflict_keys) keys_in_flight_.erase(key);
  }

  // Requires mutex_. The command's conflict keys are in flight until it ends.
  void SetApartLocked(const std::shared_ptr<Item>& item, bool stays, Refused& refused) {
    if (!apart_ || apart_queue_.size() >= limits_.apart_max) return refused.busy.push_back(item);
    keys_in_flight_.insert(item->conflict_keys.begin(), item->conflict_keys.end());
    item->stays_apart = stays;
    item->queued_at = std::chrono::steady_clock::now();
    apart_queue_.push_back(item);
    wake_apart_.notify_one();
  }

  // Requires mutex_.
  bool IsContestedLocked(const Item& item) const {
    if (!apart_) return false;
    return apart_->contested.ContainsAny(item.conflict_keys) || apart_->contested.ContainsAny(item.row_keys);
  }

  // Requires mutex_. Moves the next command into `one`, and those that waited too long into `refused`. Commands whose
  // keys are contested no more go back to the others.
  bool TakeApartLocked(Batch& one, Refused& refused) {
    std::deque<std::shared_ptr<Item>> back;
    const auto now = std::chrono::steady_clock::now();
    while (!apart_queue_.empty() && one.empty()) {
      std::shared_ptr<Item> item = std::move(apart_queue_.front());
      apart_queue_.pop_front();
      const absl::Duration left = item->context.deadline - absl::Now();
      const bool late = left < absl::ZeroDuration();
      if (!late && !stopping_ && !item->stays_apart && !IsContestedLocked(*item)) {
        ReleaseKeysLocked(*item);
        back.push_back(std::move(item));
      } else if (left < kAnswerMargin || now - item->queued_at > limits_.apart_wait_max) {
        ReleaseKeysLocked(*item);
        (late ? refused.late : refused.busy).push_back(std::move(item));
      } else {
        one.push_back(std::move(item));
      }
    }
    queue_.insert(queue_.begin(), std::make_move_iterator(back.begin()), std::make_move_iterator(back.end()));
    if (!back.empty()) wake_.notify_all();
    return !one.empty() || !refused.empty();
  }

  // Requires mutex_, which is free while the executor works. False: the executor was asked within the interval.
  bool KeepReadyLocked(std::unique_lock<std::mutex>& lock, Executor& executor, Time& kept_at) {
    if (keep_interval_ == keep_interval_.zero() || stopping_) return false;
    if (std::chrono::steady_clock::now() < kept_at + keep_interval_) return false;
    lock.unlock();
    executor.KeepReady();
    lock.lock();
    kept_at = std::chrono::steady_clock::now();
    return true;
  }

  void WaitIdleLocked(std::condition_variable& wake, std::unique_lock<std::mutex>& lock, Time kept_at) {
    if (keep_interval_ == keep_interval_.zero() || stopping_) return wake.wait(lock);
    wake.wait_until(lock, kept_at + keep_interval_);
  }

  void WaitLocked(std::unique_lock<std::mutex>& lock, Time kept_at) {
    if (queue_.empty()) return WaitIdleLocked(wake_, lock, kept_at);
    // A command that is due and yet was not taken waits for a key that is in flight; others may come behind it.
    const auto now = std::chrono::steady_clock::now();
    const auto due = queue_.front()->queued_at + pace_.BesideAfter();
    wake_.wait_until(lock, due > now ? due : now + pace_.BesideAfter());
  }

  // Requires mutex_.
  bool WorthABatchLocked() const {
    return !queue_.empty() && (stopping_ || pace_.Enough(queue_.size()) ||
                               std::chrono::steady_clock::now() - queue_.front()->queued_at >= pace_.BesideAfter());
  }

  // Requires mutex_. Moves what can run now into `batch`, and what will not run into `refused`.
  bool TakeLocked(Batch& batch, Refused& refused) {
    if (!WorthABatchLocked()) return false;
    const absl::Time now = absl::Now();
    std::deque<std::shared_ptr<Item>> kept;
    absl::flat_hash_set<std::size_t> kept_keys;  // a command that stays behind is not overtaken on any of its keys
    while (!queue_.empty() && batch.size() < limits_.batch_max) {
      std::shared_ptr<Item> item = std::move(queue_.front());
      queue_.pop_front();
      if (item->context.deadline < now) {
        refused.late.push_back(std::move(item));
      } else if (std::any_of(item->conflict_keys.begin(), item->conflict_keys.end(), [&](std::size_t key) {
                   return keys_in_flight_.contains(key) || kept_keys.contains(key);
                 })) {
        kept_keys.insert(item->conflict_keys.begin(), item->conflict_keys.end());
        kept.push_back(std::move(item));
      } else if (IsContestedLocked(*item)) {
        SetApartLocked(item, false, refused);
      } else {
        keys_in_flight_.insert(item->conflict_keys.begin(), item->conflict_keys.end());
        batch.push_back(std::move(item));
      }
    }
    // Commands that wait for a key go back to the front, in their order.
    queue_.insert(queue_.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
    return !batch.empty() || !refused.empty();
  }

  const BatcherLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable wake_apart_;
  std::deque<std::shared_ptr<Item>> queue_;          // guarded by mutex_
  std::deque<std::shared_ptr<Item>> apart_queue_;    // guarded by mutex_
  absl::flat_hash_set<std::size_t> keys_in_flight_;  // guarded by mutex_
  BatchPace pace_{limits_};                          // guarded by mutex_
  bool stopping_ = false;                            // guarded by mutex_
  std::chrono::milliseconds keep_interval_{0};       // 0 = never; guarded by mutex_
  std::vector<std::unique_ptr<Executor>> executors_;
  std::optional<Apart> apart_;
  std::vector<std::jthread> workers_;  // last: joined first
};

}  // namespace logistics::storage
