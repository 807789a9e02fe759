#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/call_executor.hpp"
#include "storage/postgres/errors.hpp"

namespace logistics::storage {

// One command on its way through the batcher. It belongs to its batch, not to the caller's stack: a caller that stops
// waiting leaves it behind.
template <typename Command, typename Result>
struct Pending : std::enable_shared_from_this<Pending<Command, Result>> {
  using Outcome = absl::StatusOr<Result>;

  Command command;
  std::chrono::steady_clock::time_point queued_at;
  ports::CallContext context;
  // Two commands that share a key are never in flight together. Hashes: a collision only makes one of them wait.
  std::vector<std::size_t> conflict_keys;
  // Other rows that the command locks, as ContestedKeys knows them. It shares them with others of its batch.
  std::vector<std::size_t> row_keys;
  bool stays_apart = false;  // its batch gave it back
  // The answer to a caller whose deadline passes while the command's commit is in doubt; null where none has a meaning.
  absl::Status (*in_doubt_error)(const Command&) = nullptr;
  // Its commit was sent and not answered, and the executor is finding out.
  std::atomic<bool> in_doubt = false;

  // Takes the outcome: on the thread of `executor`; where that is null, on the thread that has the outcome.
  absl::AnyInvocable<void(Outcome) &&> done;
  ports::CallExecutor* executor = nullptr;
  ports::CallExecutor::Timer timer;  // of the deadline; of the executor's thread

  // Calls `done`, once: the first of outcome and deadline answers.
  void Answer(Outcome outcome) {
    if (answered_.exchange(true)) return;
    if (timer.second != 0) executor->Cancel(timer);
    std::exchange(done, nullptr)(std::move(outcome));
  }
  bool answered() const { return answered_.load(); }

 private:
  std::atomic<bool> answered_ = false;
};

// The outcomes of a batch on their way to the callers: each executor gets all of its own with one wake-up.
template <typename Item>
class Answers {
 public:
  Answers() = default;
  ~Answers() { Send(); }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  void Add(std::shared_ptr<Item> item, typename Item::Outcome outcome) {
    if (item->answered()) return;
    if (item->executor == nullptr) return item->Answer(std::move(outcome));
    // Batches of callers of several executors are rare, and only cost a wake-up more.
    if (item->executor != executor_) Send();
    executor_ = item->executor;
    tasks_.emplace_back(
        [answered = std::move(item), value = std::move(outcome)]() mutable { answered->Answer(std::move(value)); });
  }

  void Send() {
    if (!tasks_.empty()) executor_->Post(std::exchange(tasks_, {}));
  }

 private:
  ports::CallExecutor* executor_ = nullptr;
  std::vector<ports::CallExecutor::Task> tasks_;
};

// Answers one command at once.
template <typename Item>
void Answer(std::shared_ptr<Item> item, typename Item::Outcome outcome) {
  Answers<Item>().Add(std::move(item), std::move(outcome));
}

// Answers a whole batch: `outcome` gives that of the command at an index.
template <typename Batch, typename OutcomeAt>
void AnswerAll(const Batch& batch, const OutcomeAt& outcome) {
  Answers<typename Batch::value_type::element_type> answers;
  for (std::size_t i = 0; i < batch.size(); ++i) answers.Add(batch[i], outcome(i));
}

// Commands that are answered without having run.
template <typename Batch>
struct RefusedBatch {
  Batch late;
  Batch busy;
  bool empty() const { return late.empty() && busy.empty(); }
  void Answer() {
    Answers<typename Batch::value_type::element_type> answers;
    for (const auto& item : late) {
      answers.Add(item, absl::DeadlineExceededError("the deadline passed while the command waited; it did nothing"));
    }
    for (const auto& item : busy) answers.Add(item, BusyError());
  }
};

// Runs whole batches; each worker thread has its own. Execute does not throw, and answers every command, but for those
// that it returns: they have to run apart, and did nothing yet.
template <typename Command, typename Result>
class BatchExecutor {
 public:
  using Item = Pending<Command, Result>;
  using Batch = std::vector<std::shared_ptr<Item>>;
  virtual ~BatchExecutor() = default;
  virtual Batch Execute(const Batch& batch) = 0;
  // Called by the worker while there is nothing to execute: makes sure that the next batch finds what it needs.
  virtual void KeepReady() {}
  // Execute calls `ending` when a batch has only its last message to send, and perhaps again where it runs once more.
  virtual void OnEnding(const std::function<void()>& /*ending*/) {}
};

}  // namespace logistics::storage
