// Natural batching: while one batch is in flight the commands that arrive queue up, and the next batch takes them all.
// An idle system runs one command at once. A second batch beside a running one costs as much again whatever its size,
// so it is begun when enough commands wait, or when the running one takes long.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "logistics/domain/errors.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::storage {

// One command on its way through the batcher. It belongs to its batch, not to the caller's stack: a caller that stops
// waiting leaves it behind.
template <typename Command, typename Result>
struct Pending {
  Command command;
  std::chrono::steady_clock::time_point queued_at;
  ports::CallContext context;
  // Two commands that share a key are never in flight together. Hashes: a collision only makes one of them wait.
  std::vector<std::size_t> conflict_keys;
  std::promise<absl::StatusOr<Result>> promise;
  // Its commit was sent and not answered, and the executor is finding out.
  std::atomic<bool> in_doubt = false;
};

// Runs whole batches; each worker thread has its own. Execute fulfils every promise, whatever happens, and does not
// throw.
template <typename Command, typename Result>
class BatchExecutor {
 public:
  using Item = Pending<Command, Result>;
  using Batch = std::vector<std::shared_ptr<Item>>;
  virtual ~BatchExecutor() = default;
  virtual void Execute(const Batch& batch) = 0;
};

struct BatcherLimits {
  std::size_t batch_max = 1;
  std::size_t queue_max = 1;
  // When another batch is begun beside a running one: so many commands wait, or one has waited so long. With a
  // statement group of about 1 ms, 64 commands make its fixed cost small; and a batch that waits for a lock or a
  // disk must not hold up the commands that need neither.
  std::size_t beside_min = 64;
  std::chrono::milliseconds beside_after{20};
};

// A caller whose commit is in doubt is answered so long before its deadline: any later, it would hear nothing but that
// its time is up.
inline constexpr absl::Duration kInDoubtMargin = absl::Milliseconds(250);

// Thread-safe. Commands are taken in arrival order, except that one whose conflict key is in flight waits for the next
// batch.
template <typename Command, typename Result>
class Batcher {
 public:
  using Item = Pending<Command, Result>;
  using Batch = std::vector<std::shared_ptr<Item>>;
  using Executor = BatchExecutor<Command, Result>;

  // One worker thread per executor.
  Batcher(BatcherLimits limits, std::vector<std::unique_ptr<Executor>> executors)
      : limits_(limits), executors_(std::move(executors)) {
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
  }

  // Blocks until the command's outcome is known or its deadline has passed (DEADLINE_EXCEEDED; it may still commit).
  // RESOURCE_EXHAUSTED at once when queue_max commands wait already. Where the executor has it in doubt as the deadline
  // comes near, the answer is `in_doubt` of the command.
  absl::StatusOr<Result> Run(Command command, const ports::CallContext& context,
                             std::vector<std::size_t> conflict_keys,  // NOLINT(performance-unnecessary-value-param)
                             absl::Status (*in_doubt)(const Command&) = nullptr) {
    auto item = std::make_shared<Item>();
    item->command = std::move(command);
    item->context = context;
    item->conflict_keys = std::move(conflict_keys);
    item->queued_at = std::chrono::steady_clock::now();
    std::future<absl::StatusOr<Result>> outcome = item->promise.get_future();
    const std::shared_ptr<const Item> mine = item;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return domain::RetryLaterError(absl::StatusCode::kUnavailable, "shutting down", absl::Seconds(1));
      if (queue_.size() >= limits_.queue_max) {
        return domain::RetryLaterError(absl::StatusCode::kResourceExhausted, "too many commands are waiting",
                                       absl::Milliseconds(200));
      }
      queue_.push_back(std::move(item));
      // Under the lock: once it is free, a destructor that runs the queue to its end may be done with wake_.
      if (running_ == 0 || queue_.size() == 1 || queue_.size() >= limits_.beside_min) wake_.notify_one();
    }
    if (context.deadline == absl::InfiniteFuture()) return outcome.get();
    for (const absl::Time until : {context.deadline - kInDoubtMargin, context.deadline}) {
      if (outcome.wait_until(absl::ToChronoTime(until)) == std::future_status::ready) return outcome.get();
      if (in_doubt != nullptr && mine->in_doubt) return in_doubt(mine->command);
    }
    return absl::DeadlineExceededError("the deadline passed before the outcome was known; it may still take effect");
  }

  // Commands that wait now.
  std::size_t queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  void Work(Executor& executor) {
    for (;;) {
      Batch batch;
      Batch expired;
      {
        std::unique_lock lock(mutex_);
        while (!TakeLocked(batch, expired)) {
          if (stopping_ && queue_.empty()) return;
          WaitLocked(lock);
        }
        ++running_;
      }
      for (const auto& item : expired) {
        item->promise.set_value(
            absl::DeadlineExceededError("the deadline passed while the command waited; it did nothing"));
      }
      if (!batch.empty()) executor.Execute(batch);
      const std::lock_guard lock(mutex_);
      --running_;
      for (const auto& item : batch) {
        for (const std::size_t key : item->conflict_keys) keys_in_flight_.erase(key);
      }
      // This worker takes what waits now; the others are woken for what it leaves, and for the end.
      if (stopping_ || queue_.size() > limits_.batch_max) wake_.notify_all();
    }
  }

  void WaitLocked(std::unique_lock<std::mutex>& lock) {
    if (queue_.empty()) return wake_.wait(lock);
    // A command that is due and yet was not taken waits for a key that is in flight; others may come behind it.
    const auto now = std::chrono::steady_clock::now();
    const auto due = queue_.front()->queued_at + limits_.beside_after;
    wake_.wait_until(lock, due > now ? due : now + limits_.beside_after);
  }

  // Requires mutex_.
  bool WorthABatchLocked() const {
    if (queue_.empty()) return false;
    return running_ == 0 || stopping_ || queue_.size() >= limits_.beside_min ||
           std::chrono::steady_clock::now() - queue_.front()->queued_at >= limits_.beside_after;
  }

  // Requires mutex_. Moves what can run now into `batch`, and what its caller has given up into `expired`.
  bool TakeLocked(Batch& batch, Batch& expired) {
    if (!WorthABatchLocked()) return false;
    const absl::Time now = absl::Now();
    std::deque<std::shared_ptr<Item>> kept;
    absl::flat_hash_set<std::size_t> kept_keys;  // a command that stays behind is not overtaken on any of its keys
    while (!queue_.empty() && batch.size() < limits_.batch_max) {
      std::shared_ptr<Item> item = std::move(queue_.front());
      queue_.pop_front();
      if (item->context.deadline < now) {
        expired.push_back(std::move(item));
      } else if (std::any_of(item->conflict_keys.begin(), item->conflict_keys.end(), [&](std::size_t key) {
                   return keys_in_flight_.contains(key) || kept_keys.contains(key);
                 })) {
        kept_keys.insert(item->conflict_keys.begin(), item->conflict_keys.end());
        kept.push_back(std::move(item));
      } else {
        keys_in_flight_.insert(item->conflict_keys.begin(), item->conflict_keys.end());
        batch.push_back(std::move(item));
      }
    }
    // Commands that wait for a key go back to the front, in their order.
    queue_.insert(queue_.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
    return !batch.empty() || !expired.empty();
  }

  const BatcherLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Item>> queue_;          // guarded by mutex_
  absl::flat_hash_set<std::size_t> keys_in_flight_;  // guarded by mutex_
  int running_ = 0;                                  // batches in flight; guarded by mutex_
  bool stopping_ = false;                            // guarded by mutex_
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<std::jthread> workers_;  // last: joined first
};

}  // namespace logistics::storage
