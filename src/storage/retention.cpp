#include "storage/retention.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <limits>

#include "absl/time/clock.h"
#include "storage/coordination/leases.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

constexpr char kRetentionLease[] = "delete old rows";
constexpr absl::Duration kRetentionLeaseTtl = absl::Minutes(1);
constexpr absl::Duration kRestMax = absl::Seconds(1);
// A walk over rows of which some stay begins anew so long after it began: an order may have been returned since.
constexpr absl::Duration kWalkAgain = absl::Hours(24);

// The rows of the next $3 commits behind those that are done, $1 seconds old and of numbers up to $2. The first that is
// too young ends them: clocks are set back, so a later one may be older. Keys come as an array: however the planner
// counts them, it reads the tables by index.
#define LOGISTICS_NEXT_COMMITS(after, table)                                                               \
  "(SELECT number, batch_id, committed_at < now() - $1::bigint * interval '1 second' AS old FROM commits " \
  "WHERE number " after " (SELECT deleted_up_to FROM retention WHERE table_name = '" table                 \
  "') AND number <= $2::bigint AND number < (SELECT value FROM change_counter) AND "                       \
  "number < (SELECT number FROM outbox_position) ORDER BY number LIMIT $3::bigint), "                      \
  "last AS MATERIALIZED (SELECT coalesce(min(number) FILTER (WHERE NOT old) - 1, max(number)) AS number FROM next), "
#define LOGISTICS_MARK_DELETED(table)                                                     \
  "UPDATE retention SET deleted_up_to = last.number FROM last WHERE table_name = '" table \
  "' AND deleted_up_to < last.number RETURNING (SELECT count(*) FROM gone)"
constexpr Statement kDeleteHistory = {
    "delete_old_history",
    "WITH next AS MATERIALIZED " LOGISTICS_NEXT_COMMITS(">", "order_status_history")
    "gone AS (DELETE FROM order_status_history WHERE batch_id = ANY(ARRAY(SELECT n.batch_id FROM next n "
    "WHERE n.number <= (SELECT number FROM last))) RETURNING 1) " LOGISTICS_MARK_DELETED("order_status_history")};
constexpr Statement kDeleteMovements = {
    "delete_old_movements",
    "WITH next AS MATERIALIZED " LOGISTICS_NEXT_COMMITS(">", "stock_movements")
    "gone AS (DELETE FROM stock_movements WHERE batch_id = ANY(ARRAY(SELECT n.batch_id FROM next n "
    "WHERE n.number <= (SELECT number FROM last))) RETURNING 1) " LOGISTICS_MARK_DELETED("stock_movements")};
// The last one stays: a token of a quiet time names it, and its row says that nobody has missed anything.
constexpr Statement kDeleteCommits = {
    "delete_old_commits",
    "WITH next AS MATERIALIZED " LOGISTICS_NEXT_COMMITS(">=", "commits")
    "gone AS (DELETE FROM commits WHERE batch_id = ANY(ARRAY(SELECT n.batch_id FROM next n "
    "WHERE n.number < (SELECT number FROM last))) RETURNING 1) " LOGISTICS_MARK_DELETED("commits")};
#undef LOGISTICS_MARK_DELETED
#undef LOGISTICS_NEXT_COMMITS
// Those that keep a lost commit out: it is long rolled back.
constexpr Statement kDeleteLostCommits = {
    "delete_lost_commits",
    "DELETE FROM commits WHERE batch_id = ANY(ARRAY(SELECT batch_id FROM commits WHERE number IS NULL "
    "AND committed_at < now() - $1::bigint * interval '1 second' LIMIT 1000))"};
constexpr Statement kDeletedUpTo = {"retention_deleted_up_to",
                                    "SELECT deleted_up_to FROM retention WHERE table_name = $1::text"};

constexpr std::int64_t kPage = 500;
constexpr Statement kDeletePayments = {
    "delete_old_payments",
    "WITH next AS MATERIALIZED (SELECT id, order_id, recorded_at < now() - $1::bigint * interval '1 second' AS old "
    "FROM payments WHERE id > $2::bigint ORDER BY id LIMIT $3::bigint), "
    "last AS MATERIALIZED (SELECT coalesce(min(id) FILTER (WHERE NOT old) - 1, max(id)) AS id, "
    "count(*) FILTER (WHERE old) AS rows FROM next), "
    "gone AS (DELETE FROM payments WHERE id = ANY(ARRAY(SELECT n.id FROM next n WHERE n.id <= (SELECT id FROM last) "
    "AND (SELECT o.status FROM orders o WHERE o.id = n.order_id) IN ('cancelled', 'returned'))) RETURNING 1) "
    "SELECT (SELECT count(*) FROM gone), coalesce(id, $2::bigint), rows FROM last"};
// Oldest first, behind the last of the page before. The rows are locked in the order of their ids, as all writers do,
// and looked at again under the lock. Those that a writer has locked stay.
constexpr Statement kDeleteReservations = {
    "delete_old_reservations",
    "WITH next AS MATERIALIZED (SELECT id, updated_at FROM reservations WHERE state IN ('released', 'committed', "
    "'restocked') AND updated_at < now() - $1::bigint * interval '1 second' AND (updated_at, id) > "
    "(timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::uuid) ORDER BY updated_at, id LIMIT "
    "$4::bigint), "
    "free AS MATERIALIZED (SELECT id FROM reservations WHERE id = ANY(ARRAY(SELECT n.id FROM next n WHERE "
    "coalesce((SELECT o.status IN ('cancelled', 'returned') FROM orders o WHERE o.id = n.id), true) "
    "AND NOT EXISTS (SELECT 1 FROM settlements s WHERE s.reservation_id = n.id) "
    "AND NOT EXISTS (SELECT 1 FROM restocks_in_doubt d WHERE d.reservation_id = n.id) "
    "AND NOT EXISTS (SELECT 1 FROM restocks_refused d WHERE d.reservation_id = n.id) "
    "AND NOT EXISTS (SELECT 1 FROM intent_keys k WHERE k.reservation_id = n.id))) "
    "AND state IN ('released', 'committed', 'restocked') ORDER BY id FOR UPDATE SKIP LOCKED), "
    "gone AS (DELETE FROM reservations WHERE id = ANY(ARRAY(SELECT id FROM free)) RETURNING 1), "
    "last AS (SELECT id, updated_at FROM next ORDER BY updated_at DESC, id DESC LIMIT 1) "
    "SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM next), "
    "(SELECT (extract(epoch from updated_at) * 1000000)::bigint FROM last), (SELECT id FROM last)"};

Params Age(absl::Duration age) { return Params().Add(absl::ToInt64Seconds(age)); }

std::int64_t DeletedUpTo(Session& session, const char* table) {
  return session.Execute(kDeletedUpTo, Params().Add(std::string(table)))[0][0].as<std::int64_t>();
}

}  // namespace

Retention::Retention(const DatabaseOptions& options, const domain::Uuid& replica_id, ports::Metrics& metrics)
    : ages_(options.retention),
      replica_id_(replica_id),
      metrics_(metrics),
      task_(kRetentionLease, options.sweep_interval, options, replica_id, [this](Session& session) { Run(session); }) {}

void Retention::Run(Session& session) {
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  std::int64_t commits_up_to = kAll;
  const auto by_commits = [&](const char* table, absl::Duration age, const Statement& statement) {
    return Clear(session, table, age, [&] { return DeleteByCommits(session, statement, age, commits_up_to); });
  };
  if (!by_commits("order_status_history", ages_.order_status_history, kDeleteHistory)) return;
  if (!by_commits("stock_movements", ages_.stock_movements, kDeleteMovements)) return;
  // A commit leads to its rows: it goes after them.
  if (ages_.order_status_history > absl::ZeroDuration()) commits_up_to = DeletedUpTo(session, "order_status_history");
  if (ages_.stock_movements > absl::ZeroDuration()) {
    commits_up_to = std::min(commits_up_to, DeletedUpTo(session, "stock_movements"));
  }
  if (!by_commits("commits", ages_.commits, kDeleteCommits)) return;
  if (!Clear(session, "commits", ages_.commits, [&] {
        return Step{static_cast<std::int64_t>(session.Execute(kDeleteLostCommits, Age(ages_.commits)).affected_rows())};
      })) {
    return;
  }
  if (absl::Now() - walks_begun_ > kWalkAgain) {
    walks_begun_ = absl::Now();
    payments_after_ = 0;
    reservations_after_micros_ = 0;
    reservations_after_id_ = {};
  }
  if (!Clear(session, "payments", ages_.payments, [&] { return DeletePayments(session); })) return;
  Clear(session, "reservations", ages_.reservations, [&] { return DeleteReservations(session); });
}

bool Retention::Clear(Session& session, const char* table, absl::Duration age, const std::function<Step()>& step) {
  if (age == absl::ZeroDuration()) return true;
  std::int64_t deleted = 0;
  bool ours = true;
  for (bool more = true; more && ours && !stopping_;) {
    const absl::Time begin = absl::Now();
    Step done;
    try {
      done = step();
      commits_max_ = std::min(commits_max_ * 2, kCommitsMax);
    } catch (const std::exception& error) {
      if (session.broken()) throw;
      // The other tables go on. Where it was too much for one statement, the next turn takes less.
      spdlog::warn("old rows of {} are not deleted this time: {}", table, error.what());
      commits_max_ = std::max<std::int64_t>(commits_max_ / 2, 2);
      return !stopping_;
    }
    deleted += done.deleted;
    metrics_
        .GetCounter("logistics_retention_rows_total", "Rows deleted because of their age (retention.*)",
                    {{"table", table}})
        .Increment(static_cast<double>(done.deleted));
    more = done.more;
    if (more) absl::SleepFor(std::min(absl::Now() - begin, kRestMax));
    // Another replica may have acquired the lease while this one was stopped.
    ours = AcquireLease(session, kRetentionLease, replica_id_, kRetentionLeaseTtl);
  }
  if (deleted > 0) {
    spdlog::info("{} rows of {} were older than {} and are deleted", deleted, table, absl::FormatDuration(age));
  }
  return ours && !stopping_;
}

Retention::Step Retention::DeleteByCommits(Session& session, const Statement& statement, absl::Duration age,
                                           std::int64_t up_to) {
  const pqxx::result rows = session.Execute(statement, Age(age).Add(up_to).Add(commits_max_));
  if (rows.empty()) return {};
  return {rows[0][0].as<std::int64_t>(), true};
}

Retention::Step Retention::DeletePayments(Session& session) {
  const pqxx::row row = session.Execute(kDeletePayments, Age(ages_.payments).Add(payments_after_).Add(kPage))[0];
  payments_after_ = row[1].as<std::int64_t>();
  return {row[0].as<std::int64_t>(), row[2].as<std::int64_t>() == kPage};
}

Retention::Step Retention::DeleteReservations(Session& session) {
  const Params params = Age(ages_.reservations).Add(reservations_after_micros_).Add(reservations_after_id_).Add(kPage);
  const pqxx::row row = session.Execute(kDeleteReservations, params)[0];
  const auto looked_at = row[1].as<std::int64_t>();
  if (looked_at > 0) {
    reservations_after_micros_ = row[2].as<std::int64_t>();
    reservations_after_id_ = ReadUuid(row[3]);
  }
  return {row[0].as<std::int64_t>(), looked_at == kPage};
}

}  // namespace logistics::storage
