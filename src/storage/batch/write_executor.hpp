#pragma once

#include <functional>
#include <memory>
#include <random>

#include "logistics/ports/clock.hpp"
#include "logistics/ports/event_encoder.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/metrics.hpp"
#include "storage/batch/product_cache.hpp"
#include "storage/batch/write_batch.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// Shared by all writers of a replica; outlives them.
struct WriterDeps {
  DatabaseOptions options;
  ports::IdGenerator& ids;
  const ports::Clock& clock;
  const ports::EventEncoder& encoder;
  ports::Metrics& metrics;
  ProductCache& products;
  std::function<void()> on_commit;  // called after each commit; cheap, from any writer thread
};

// Commits batches on its own session. A batch that fails for a reason that passes runs again, a bounded number of
// times; one that fails for good is taken apart and its commands run one by one, so that only the one at fault is
// refused. A commit whose answer was lost is resolved before anything is answered.
class WriteExecutor final : public BatchExecutor<commands::Command, commands::Result> {
 public:
  explicit WriteExecutor(WriterDeps deps);
  void Execute(const WriteBatch& batch) override;

 private:
  // kUnknown: a commit in doubt could not be resolved; it is neither run again nor called failed.
  enum class Try { kDone, kAgain, kFailed, kUnknown };
  struct TryOutcome {
    Try result = Try::kDone;
    absl::Status status;  // why not done
  };
  using Outcomes = std::vector<absl::StatusOr<commands::Result>>;

  // The answer to a command whose try was not done.
  static absl::Status StatusOf(const TryOutcome& tried, const PendingWrite& item);
  // Runs until it is done or has failed for good.
  TryOutcome RunToEnd(const WriteBatch& batch, Outcomes& outcomes);
  TryOutcome RunOnce(const WriteBatch& batch, Outcomes& outcomes);
  TryOutcome ResolveInDoubt(const domain::Uuid& batch_id, const WriteBatch& batch);
  // `endless`: until when somebody without a deadline waits.
  static bool AnyoneWaits(const WriteBatch& batch, absl::Time endless = absl::InfiniteFuture());
  // Names in the log what was committed as refused, and counts it.
  void Report(const std::vector<commands::RefusedRestock>& restocks);
  void Backoff(int attempt);

  WriterDeps deps_;
  SessionSlot session_;
  std::mt19937 random_;  // jitter only
  ports::Counter& batches_;
  ports::Counter& commands_;
  ports::Counter& retries_;
  ports::Counter& taken_apart_;
  ports::Counter& in_doubt_;
  ports::Counter& restocks_refused_;
  ports::Histogram& batch_size_;
  ports::Histogram& batch_seconds_;
};

}  // namespace logistics::storage
