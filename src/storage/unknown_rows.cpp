#include "storage/unknown_rows.hpp"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/rows/known_names.hpp"

namespace logistics::storage {
namespace {

constexpr char kComponent[] = "unknown rows";
constexpr std::chrono::seconds kLookEvery{15};
constexpr absl::Duration kLookTime = absl::Seconds(5);

// Each by an index of these rows alone, and up to a thousand of them.
constexpr Statement kUnknownRows = {
    "unknown_rows",
    "SELECT 'settlements', count(*), min(name) FROM (SELECT steps[1] AS name FROM settlements "
    "WHERE steps[1] !~ " LOGISTICS_KNOWN_STEP
    " LIMIT 1000) s "
    "UNION ALL SELECT 'reservations', count(*), min(name) FROM (SELECT state AS name FROM reservations "
    "WHERE state NOT IN " LOGISTICS_KNOWN_STATES
    " LIMIT 1000) r "
    "UNION ALL SELECT 'payments', count(*), min(name) FROM (SELECT outcome AS name FROM payments "
    "WHERE outcome NOT IN " LOGISTICS_KNOWN_OUTCOMES
    " LIMIT 1000) p "
    "UNION ALL SELECT 'inbox_waiting', count(*), min(name) FROM (SELECT event_type AS name FROM inbox_waiting "
    "WHERE set_aside LIMIT 1000) i"};

struct Found {
  std::string table;
  std::int64_t rows = 0;
  std::string name;
};

}  // namespace

UnknownRows::UnknownRows(SessionPool& pool, ports::Metrics& metrics, ports::HealthReporter& health)
    : pool_(pool), health_(health) {
  for (const char* table : {"settlements", "reservations", "payments", "inbox_waiting"}) {
    rows_[table] = &metrics.GetGauge(
        "logistics_unknown_rows",
        "Rows of a later release that this one does not know and that wait, counted up to 1,000", {{"table", table}});
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void UnknownRows::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Look();
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, kLookEvery, [] { return false; });
  }
}

void UnknownRows::Look() {
  const auto found = pool_.Read(absl::Now() + kLookTime, [](Session& session) {
    std::vector<Found> tables;
    for (const pqxx::row& row : session.Execute(kUnknownRows)) {
      tables.push_back({row[0].c_str(), row[1].as<std::int64_t>(), row[2].c_str()});
    }
    return tables;
  });
  if (!found.ok()) return;  // reported by those who cannot go on
  std::string text;
  for (const Found& table : *found) {
    rows_.at(table.table)->Set(static_cast<double>(table.rows));
    if (table.rows == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", table.rows, " in ", table.table, " (\"", table.name, "\")");
  }
  if (text.empty() && !reported_) return;
  reported_ = !text.empty();
  if (reported_) text = absl::StrCat("a later release wrote rows that this one does not know, and they wait: ", text);
  health_.Report(kComponent, reported_ ? ports::HealthState::kDegraded : ports::HealthState::kUp, text);
}

}  // namespace logistics::storage
