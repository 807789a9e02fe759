#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/ports/call_context.hpp"
#include "storage/postgres/errors.hpp"

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
  // Other rows that the command locks, as ContestedKeys knows them. It shares them with others of its batch.
  std::vector<std::size_t> row_keys;
  bool stays_apart = false;  // its batch gave it back
  std::promise<absl::StatusOr<Result>> promise;
  // Its commit was sent and not answered, and the executor is finding out.
  std::atomic<bool> in_doubt = false;
};

// Commands that are answered without having run.
template <typename Batch>
struct RefusedBatch {
  Batch late;
  Batch busy;
  bool empty() const { return late.empty() && busy.empty(); }
  void Answer() {
    for (const auto& item : late) {
      item->promise.set_value(
          absl::DeadlineExceededError("the deadline passed while the command waited; it did nothing"));
    }
    for (const auto& item : busy) item->promise.set_value(BusyError());
  }
};

// Runs whole batches; each worker thread has its own. Execute does not throw, and fulfils every promise, but for those
// of the commands that it returns: they have to run apart, and did nothing yet.
template <typename Command, typename Result>
class BatchExecutor {
 public:
  using Item = Pending<Command, Result>;
  using Batch = std::vector<std::shared_ptr<Item>>;
  virtual ~BatchExecutor() = default;
  virtual Batch Execute(const Batch& batch) = 0;
  // Called by the worker while there is nothing to execute: makes sure that the next batch finds what it needs.
  virtual void KeepReady() {}
};

}  // namespace logistics::storage
