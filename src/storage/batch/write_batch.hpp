// The batcher's own types: commands on their way into a transaction.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "logistics/commands/command.hpp"
#include "logistics/ports/call_context.hpp"
#include "storage/batch/batcher.hpp"
#include "storage/batch/waits.hpp"

namespace logistics::storage {

using PendingWrite = Pending<commands::Command, commands::Result>;
using WriteBatcher = Batcher<commands::Command, commands::Result>;
using WriteBatch = std::vector<std::shared_ptr<PendingWrite>>;

inline void MarkInDoubt(const WriteBatch& batch, bool in_doubt) {
  for (const auto& item : batch) item->in_doubt = in_doubt;
}

// Whether one of its callers is not past its deadline. `endless`: until when somebody without a deadline waits.
inline bool AnyoneWaits(const WriteBatch& batch, absl::Time endless = absl::InfiniteFuture()) {
  const absl::Time now = absl::Now();
  return std::any_of(batch.begin(), batch.end(), [&](const auto& item) {
    const absl::Time deadline = item->context.deadline;
    return (deadline == absl::InfiniteFuture() ? endless : deadline) > now;
  });
}

// A command's conflict keys, as the batcher knows them. A collision only makes one of two commands wait.
inline std::vector<std::size_t> HashedConflictKeys(const commands::Needs& needs) {
  std::vector<std::size_t> hashes;
  for (const commands::ConflictKey& key : needs.conflict_keys) hashes.push_back(absl::HashOf(key));
  return hashes;
}

// The rows that it shares with others, as far as the command alone says.
inline std::vector<std::size_t> HashedRowKeys(const commands::Needs& needs) {
  std::vector<std::size_t> hashes;
  for (const domain::ProductId& id : needs.product_ids) hashes.push_back(ContestedKeys::KeyOf(id));
  for (const std::string& sku : needs.skus) hashes.push_back(ContestedKeys::KeyOf(sku));
  return hashes;
}

inline std::shared_ptr<PendingWrite> MakePendingWrite(commands::Command command, const ports::CallContext& context) {
  const commands::Needs needs = commands::NeedsOf(command);
  auto item = std::make_shared<PendingWrite>();
  item->command = std::move(command);
  item->context = context;
  item->conflict_keys = HashedConflictKeys(needs);
  item->row_keys = HashedRowKeys(needs);
  item->in_doubt_error = commands::InDoubtError;
  return item;
}

// The result of a command of type `Command`, of the result of any.
template <typename Command>
absl::StatusOr<typename Command::Result> ResultOf(absl::StatusOr<commands::Result> result) {
  if (!result.ok()) return result.status();
  return std::get<typename Command::Result>(*std::move(result));
}

// Runs the command in a batch and takes its result; blocks until the batch has ended. Thread-safe.
template <typename Command>
absl::StatusOr<typename Command::Result> RunWrite(WriteBatcher& writes, Command command,
                                                  const ports::CallContext& context) {
  return ResultOf<Command>(RunBlocking(writes, MakePendingWrite(std::move(command), context)));
}

// The same without blocking: see RunDetached.
template <typename Command>
void StartWrite(WriteBatcher& writes, Command command, const ports::CallContext& context,
                ports::Completion<typename Command::Result> done) {
  RunDetached(writes, MakePendingWrite(std::move(command), context),
              ports::Completion<commands::Result>{
                  done.executor, [run = std::move(done.run)](absl::StatusOr<commands::Result> result) mutable {
                    std::move(run)(ResultOf<Command>(std::move(result)));
                  }});
}

}  // namespace logistics::storage
