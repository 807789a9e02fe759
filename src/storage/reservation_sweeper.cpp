#include "storage/reservation_sweeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/coordination/leases.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

constexpr char kSweeperLease[] = "expire reservations";
constexpr std::int64_t kPageRows = 500;
// Commands in flight at once: a backlog goes in batches of this size and leaves room for other commands.
constexpr int kAtOnce = 16;
// After so many failures the sweeper looks whether the database and its lease are there. If so, it steps over them.
constexpr int kFailuresMax = 16;
constexpr absl::Duration kCommandTime = absl::Seconds(30);
constexpr absl::Duration kLogEvery = absl::Seconds(1);
constexpr absl::Duration kSweeperLeaseTtl = absl::Minutes(1);

// A page of old reservations, after the last row of the page before. Those of orders that were paid or moved on are
// read and passed over, in the same bounded steps, because there may be many.
constexpr Statement kOldReservations = {
    "old_reservations",
    "WITH page AS MATERIALIZED (SELECT id, created_at FROM reservations WHERE state = 'held' "
    "AND created_at < now() - $1::bigint * interval '1 microsecond' "
    "AND (created_at, id) > (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::uuid) "
    "ORDER BY created_at, id LIMIT $4::integer) "
    "SELECT p.id, (extract(epoch from p.created_at) * 1000000)::bigint, "
    "o.id IS NULL OR (o.status = 'pending' AND o.payment_is_paid IS NOT TRUE) "
    "FROM page p LEFT JOIN orders o ON o.id = p.id ORDER BY p.created_at, p.id"};

}  // namespace

ReservationSweeper::ReservationSweeper(const DatabaseOptions& options, const domain::Uuid& replica_id,
                                       WriteBatcher& writes, ports::IdGenerator& ids, ports::Metrics& metrics)
    : ttl_(options.reservation_ttl),
      replica_id_(replica_id),
      writes_(writes),
      ids_(ids),
      expired_(metrics.GetCounter(
          "logistics_reservations_expired_total",
          "Reservations released because their time was over, those of orders cancelled for it included")),
      task_(kSweeperLease, std::min(options.sweep_interval, options.reservation_ttl), options, replica_id,
            [this](Session& session) { Sweep(session); }) {}

void ReservationSweeper::Sweep(Session& session) {
  std::int64_t after_micros = 0;
  domain::Uuid after_id;
  int expired = 0;
  int failed = 0;
  absl::Time logged_at = absl::Now();
  const auto log = [&](const char* how) {
    spdlog::info("{}: {} reservations older than {} have expired, {} failed and are tried again", how, expired,
                 absl::FormatDuration(ttl_), failed);
  };
  while (!stopping_) {
    const pqxx::result rows = session.Execute(
        kOldReservations,
        Params().Add(absl::ToInt64Microseconds(ttl_)).Add(after_micros).Add(after_id).Add(std::int64_t{kPageRows}));
    if (rows.empty()) break;
    std::vector<domain::Uuid> page;
    for (const pqxx::row& row : rows) {
      if (row[2].as<bool>()) page.push_back(ReadUuid(row[0]));
    }
    after_micros = rows.back()[1].as<std::int64_t>();
    after_id = ReadUuid(rows.back()[0]);
    std::span<const domain::Uuid> rest = page;
    bool ours = true;
    do {
      const PageOutcome outcome = ExpireSome(rest);
      rest = rest.subspan(outcome.tried);
      expired += outcome.expired;
      failed += outcome.failed;
      if (absl::Now() - logged_at > kLogEvery) {
        logged_at = absl::Now();
        log("sweeping");
      }
      // Another replica may have acquired the lease while this one was stopped. Without the database this throws.
      ours = AcquireLease(session, kSweeperLease, replica_id_, kSweeperLeaseTtl);
    } while (ours && !rest.empty() && !stopping_);
    if (!ours) break;
  }
  if (expired + failed > 0) log("swept");
}

ReservationSweeper::PageOutcome ReservationSweeper::ExpireSome(std::span<const domain::Uuid> page) {
  std::atomic<std::size_t> next = 0;
  std::atomic<int> expired = 0;
  std::atomic<int> failed = 0;
  std::atomic<std::size_t> tried = 0;
  const auto work = [&] {
    while (failed < kFailuresMax && !stopping_) {
      const std::size_t i = next++;
      if (i >= page.size()) return;
      ++tried;
      const ports::CallContext context{absl::StrCat("expiry-", ids_.NewId().ToString()), "",
                                       absl::Now() + kCommandTime};
      const auto result = RunWrite(writes_, commands::ExpireReservation{page[i]}, context);
      if (!result.ok()) {
        ++failed;
        spdlog::warn("reservation {} could not be expired: {}", page[i].ToString(), result.status().ToString());
      } else if (result->changed) {
        ++expired;
        expired_.Increment();
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    const std::size_t count = std::min<std::size_t>(page.size(), kAtOnce);
    for (std::size_t i = 0; i < count; ++i) workers.emplace_back(work);
  }
  // Places are taken in order, so those that were tried come first.
  return {tried, expired, failed};
}

}  // namespace logistics::storage
