#include "storage/batch/commit.hpp"

#include "absl/strings/str_cat.h"
#include "storage/postgres/errors.hpp"

namespace logistics::storage {
namespace {

// Two statements: the second one's snapshot is made under the lock, and shows the commit of the writer that had it
// before. The row that is locked never changes (ADR 1).
constexpr Statement kLockCommits = {"lock_commits", "SELECT 1 FROM commit_lock FOR UPDATE"};
constexpr Statement kTakeNumber = {
    "take_number",
    "INSERT INTO commits (batch_id, number, committed_at) SELECT $1::uuid, value + 1, clock_timestamp() "
    "FROM change_counter"};
constexpr Statement kClaimBatch = {
    "claim_batch",
    "INSERT INTO commits (batch_id, number, committed_at) VALUES ($1::uuid, NULL, clock_timestamp()) "
    "ON CONFLICT (batch_id) DO NOTHING RETURNING batch_id"};
constexpr Statement kReadCommit = {"read_commit", "SELECT number IS NOT NULL FROM commits WHERE batch_id = $1::uuid"};
constexpr Statement kLastCommit = {"last_commit",
                                   "SELECT committed_at > clock_timestamp() - $1::bigint * interval '1 millisecond' "
                                   "FROM commits WHERE number = (SELECT value FROM change_counter)"};

}  // namespace

void QueueCommit(PipelineSession& session, const domain::Uuid& batch_id, absl::Duration lock_timeout) {
  session.BeginPacket();
  session.Queue(absl::StrCat("SET LOCAL lock_timeout = ", absl::ToInt64Milliseconds(lock_timeout)));
  session.Queue(kLockCommits);
  session.Queue(kTakeNumber, Params().Add(batch_id));
  session.Queue("COMMIT", [](const Rows& rows) {
    // Postgres says COMMIT to a transaction that has failed, too, and does the other thing.
    if (rows.tag() != "COMMIT") throw ServerError("the commit was answered with " + rows.tag(), "25P02");
  });
}

bool OthersCommit(PipelineSession& session, absl::Duration wait) {
  const Rows last = session.Execute(kLastCommit, Params().Add(absl::ToInt64Milliseconds(wait)));
  return !last.empty() && last[0][0].as<bool>();
}

bool WasCommitted(PipelineSession& session, const domain::Uuid& batch_id) {
  const Params params = Params().Add(batch_id);
  if (!session.Execute(kClaimBatch, params).empty()) return false;
  // The row is there: by the lost transaction, or by an earlier question of ours whose own answer was lost.
  return session.Execute(kReadCommit, params)[0][0].as<bool>();
}

}  // namespace logistics::storage
