#include "storage/outbox/outbox_statistics.hpp"

#include <spdlog/spdlog.h>

#include "storage/rows/outbox_rows.hpp"

namespace logistics::storage {
namespace {

constexpr std::chrono::seconds kInterval{5};

// The commits behind the start position, the age of the first of them, and what is in quarantine, counted up to 10,000.
constexpr Statement kMeasure = {
    "outbox_measure",
    "SELECT greatest((SELECT value FROM change_counter) - p.number, 0), "
    "coalesce((SELECT (extract(epoch from clock_timestamp() - c.committed_at) * 1000000)::bigint FROM commits c "
    "WHERE c.number > p.number ORDER BY c.number LIMIT 1), 0), "
    "(SELECT count(*) FROM (SELECT 1 FROM outbox_quarantine LIMIT 10000) q), "
    "(SELECT count(*) FROM (SELECT 1 FROM outbox_quarantine WHERE stream <> ALL($1::text[]) LIMIT 10000) u) "
    "FROM outbox_position p"};

}  // namespace

OutboxStatistics::OutboxStatistics(const DatabaseOptions& options, ports::Metrics& metrics)
    : session_(options, SessionUse::kByKey),
      depth_(metrics.GetGauge("logistics_outbox_rows", "Commits whose events the broker has not all confirmed")),
      quarantined_(metrics.GetGauge("logistics_outbox_held_rows",
                                    "Events that the broker refused, in quarantine; counted up to 10,000")),
      unknown_(metrics.GetGauge("logistics_outbox_unknown_events",
                                "Events in quarantine whose stream this release does not know")),
      oldest_seconds_(
          metrics.GetGauge("logistics_outbox_oldest_seconds", "Age of the oldest commit that is not confirmed")),
      task_(kInterval, [this] { Measure(); }) {}

void OutboxStatistics::Measure() {
  const auto failure = session_.Attempt(Tries::kOnce, [&](Session& session) {
    const pqxx::result rows = session.Execute(kMeasure, Params().Add(KnownStreams()));
    depth_.Set(rows[0][0].as<double>());
    oldest_seconds_.Set(rows[0][1].as<double>() / 1e6);
    quarantined_.Set(rows[0][2].as<double>());
    unknown_.Set(rows[0][3].as<double>());
  });
  if (failure && failures_.Pass(base::LogLimiter::Time::clock::now())) {
    spdlog::warn("the outbox could not be measured, the metrics stand still: {}", failure->text);
  }
}

}  // namespace logistics::storage
