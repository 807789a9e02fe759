#pragma once

#include <functional>
#include <memory>
#include <random>

#include "logistics/ports/clock.hpp"
#include "logistics/ports/event_encoder.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/metrics.hpp"
#include "storage/batch/contested_keys.hpp"
#include "storage/batch/product_cache.hpp"
#include "storage/batch/row_waits.hpp"
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
  ContestedKeys& contested;
  std::function<void()> on_commit;  // called after each commit; cheap, from any writer thread
  SessionPart part = {};
};

// Commits batches on its own session. A batch that fails for a reason that passes runs again, a bounded number of
// times; one that fails for good is taken apart and its commands run one by one, so that only the one at fault is
// refused. A commit whose answer was lost is resolved before anything is answered.
//
// A batch waits for a row no longer than batch_lock_timeout. Then the commands that need a locked row are returned, to
// run apart, and the others run without them.
class WriteExecutor final : public BatchExecutor<commands::Command, commands::Result> {
 public:
  // kApart: runs commands of contested rows one at a time. It waits for the rows first, without holding any other.
  enum class Use { kBatches, kApart };
  explicit WriteExecutor(WriterDeps deps, Use use = Use::kBatches);
  WriteBatch Execute(const WriteBatch& batch) override;
  void KeepReady() override;
  void OnEnding(const std::function<void()>& ending) override { ending_ = ending; }

 private:
  // kContested: a row that is needed was waited for in vain, now or a while ago. kUnknown: a commit in doubt could not
  // be resolved; it is neither run again nor called failed.
  enum class Try { kDone, kAgain, kFailed, kContested, kUnknown };
  struct TryOutcome {
    Try result = Try::kDone;
    absl::Status status;           // why not done
    bool before_any_wait = false;  // kContested by what was remembered: nothing was waited for
  };
  using Outcomes = std::vector<absl::StatusOr<commands::Result>>;

  void RunTogether(WriteBatch batch, WriteBatch& apart);
  void RunOneByOne(const WriteBatch& batch, WriteBatch& apart);
  // The command ran alone, and has to run apart.
  void GiveBack(const std::shared_ptr<PendingWrite>& item, WriteBatch& apart);
  void RunApart(const std::shared_ptr<PendingWrite>& item);

  // The answer to a command whose try was not done.
  static absl::Status StatusOf(const TryOutcome& tried, const PendingWrite& item);
  // Runs until it is done, has failed for good, or is contested.
  TryOutcome RunToEnd(const WriteBatch& batch, Outcomes& outcomes);
  TryOutcome RunOnce(const WriteBatch& batch, Outcomes& outcomes);
  // The lock of commits was waited for in vain: the session fails where no other writer commits meanwhile.
  void JudgeWait(const Failure& failure);
  TryOutcome ResolveInDoubt(const domain::Uuid& batch_id, const WriteBatch& batch);
  // Names in the log what was committed as refused, and counts it.
  void Report(const std::vector<commands::RefusedRestock>& restocks);
  void Backoff(int attempt);

  WriterDeps deps_;
  const Use use_;
  WriterSlot session_;
  RowWaits rows_;
  std::function<void()> ending_;
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
