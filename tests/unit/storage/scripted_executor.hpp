#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "storage/batch/waits.hpp"

namespace logistics::storage {

// Commands are numbers; the outcome of one is ten times the number.
using NumberBatcher = Batcher<int, int>;

inline std::shared_ptr<NumberBatcher::Item> PendingNumber(int command, const ports::CallContext& context,
                                                          std::vector<std::size_t> conflict_keys = {},
                                                          std::vector<std::size_t> row_keys = {}) {
  auto item = std::make_shared<NumberBatcher::Item>();
  item->command = command;
  item->context = context;
  item->conflict_keys = std::move(conflict_keys);
  item->row_keys = std::move(row_keys);
  return item;
}

inline absl::StatusOr<int> RunNumber(NumberBatcher& batcher, int command, const ports::CallContext& context,
                                     std::vector<std::size_t> conflict_keys, std::vector<std::size_t> row_keys = {}) {
  return RunBlocking(batcher, PendingNumber(command, context, std::move(conflict_keys), std::move(row_keys)));
}

// What the executors of a test do, and what was done: each batch is noted when it begins, then waits until the test
// lets it go. Thread-safe.
class Script {
 public:
  // Returns the command that SetApart names, once.
  NumberBatcher::Batch Run(const NumberBatcher::Batch& batch, const std::function<void()>& ending) {
    {
      std::unique_lock lock(mutex_);
      std::vector<int> commands;
      for (const auto& item : batch) {
        commands.push_back(item->command);
        for (const std::size_t key : item->conflict_keys) overlapped_ |= !in_flight_.insert(key).second;
      }
      const std::size_t number = batches_.size();
      batches_.push_back(std::move(commands));
      changed_.notify_all();
      changed_.wait(lock, [&] { return free_ || released_.contains(number) || ends_.contains(number); });
      if (ends_.contains(number)) {
        lock.unlock();
        ending();
        lock.lock();
      }
      changed_.wait(lock, [&] { return free_ || released_.contains(number); });
      for (const auto& item : batch) {
        for (const std::size_t key : item->conflict_keys) in_flight_.erase(key);
      }
    }
    NumberBatcher::Batch apart;
    Answers<NumberBatcher::Item> answers;
    for (const auto& item : batch) {
      if (to_set_apart_ == item->command && !set_apart_.exchange(true)) {
        apart.push_back(item);
      } else {
        answers.Add(item, item->command * 10);
      }
    }
    return apart;
  }

  // Blocks until so many batches have begun.
  void AwaitBatches(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return batches_.size() >= count; });
  }
  // Lets the batch with this place in Batches() go.
  void Release(std::size_t number) {
    const std::lock_guard lock(mutex_);
    released_.insert(number);
    changed_.notify_all();
  }
  // The batch with this place has only its last message to send.
  void End(std::size_t number) {
    const std::lock_guard lock(mutex_);
    ends_.insert(number);
    changed_.notify_all();
  }
  // The first batch of the command gives it back, to run apart.
  void SetApart(int command) { to_set_apart_ = command; }
  // From now on no batch waits.
  void ReleaseAll() {
    const std::lock_guard lock(mutex_);
    free_ = true;
    changed_.notify_all();
  }

  std::vector<std::vector<int>> Batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  bool Ran(int command) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(batches_.begin(), batches_.end(), [&](const auto& batch) {
      return std::find(batch.begin(), batch.end(), command) != batch.end();
    });
  }
  // True once two commands that share a key were in flight together.
  bool overlapped() const {
    const std::lock_guard lock(mutex_);
    return overlapped_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<int>> batches_;  // guarded by mutex_
  std::set<std::size_t> released_;         // guarded by mutex_
  std::set<std::size_t> ends_;             // guarded by mutex_
  std::set<std::size_t> in_flight_;        // guarded by mutex_
  std::atomic<int> to_set_apart_ = -1;
  std::atomic<bool> set_apart_ = false;
  bool free_ = false;        // guarded by mutex_
  bool overlapped_ = false;  // guarded by mutex_
};

class ScriptedExecutor final : public NumberBatcher::Executor {
 public:
  explicit ScriptedExecutor(Script& script) : script_(script) {}
  Batch Execute(const Batch& batch) override { return script_.Run(batch, ending_); }
  void OnEnding(const std::function<void()>& ending) override { ending_ = ending; }

 private:
  Script& script_;
  std::function<void()> ending_ = [] {};
};

}  // namespace logistics::storage
