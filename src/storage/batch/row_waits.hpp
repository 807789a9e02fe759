#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include "storage/batch/contested_keys.hpp"
#include "storage/batch/load_state.hpp"
#include "storage/batch/product_cache.hpp"
#include "storage/batch/write_batch.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// Which rows of a writer's batch are locked by others, and waiting for them. For the thread of that writer.
class RowWaits {
 public:
  // References outlive it. A batch waits for one row no longer than the shorter of the options' two lock timeouts;
  // Await at once no longer than lock_timeout and half of idle_in_transaction_timeout, and then ends who stalls.
  RowWaits(WriterSlot& session, ContestedKeys& contested, ProductCache& products, const DatabaseOptions& options)
      : session_(session),
        contested_(contested),
        products_(products),
        batch_wait_(std::min(options.lock_timeout, options.batch_lock_timeout)),
        apart_wait_(std::min(options.lock_timeout, options.idle_in_transaction_timeout / 2)),
        stalled_after_(options.idle_in_transaction_timeout) {}

  // A batch of so many commands runs: the levels that each needs are to be filled in.
  LevelsOfItems& Begin(std::size_t commands);
  std::set<domain::LevelKey> Levels() const;
  bool AnyLevelContested() const;

  // After a wait in vain, outside a transaction: finds the rows of the batch that somebody keeps locked, and remembers
  // them. A row whose locker waits itself, as other writers do behind a forgotten lock, is none of them. False where
  // those alone were in the way: the batch may run again as it is. `at_levels`: the wait was for a level, or is not
  // known; else it was for what is locked before any level.
  bool RememberLocked(const std::vector<commands::Item>& items, bool at_levels);
  // Whether the command at this place of the batch needs a contested row; adds such rows to its keys.
  bool NeedsContested(PendingWrite& item, std::size_t place) const;

  // Waits for the contested rows of the batch's only command, for one after the other, so that none is held meanwhile.
  // False when one is locked still at `give_up`.
  bool Await(const PendingWrite& item, absl::Time give_up);
  // Ends the transactions of replicas that stand still within a message. Outside a transaction.
  void EndStalled() const;
  // Forgets the rows of the command: they are free.
  void Forget(const PendingWrite& item);

 private:
  void Remember(const domain::LevelKey& level);
  bool AwaitRow(std::size_t key, absl::Time give_up, const std::function<void(PipelineSession&)>& lock);
  void EndStalled(PipelineSession& session) const;

  WriterSlot& session_;
  ContestedKeys& contested_;
  ProductCache& products_;
  const absl::Duration batch_wait_;
  const absl::Duration apart_wait_;
  const absl::Duration stalled_after_;
  LevelsOfItems levels_;
};

}  // namespace logistics::storage
