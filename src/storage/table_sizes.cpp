#include "storage/table_sizes.hpp"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "storage/schema/rights.hpp"

namespace logistics::storage {
namespace {

constexpr std::chrono::minutes kMeasureEvery{1};
constexpr absl::Duration kMeasureTime = absl::Seconds(5);

// Of ours in the schema that the session's search path names. Indexes and long values count as their table's.
constexpr Statement kTableSizes = {
    "table_sizes",
    "SELECT relname, coalesce(pg_total_relation_size(oid), 0) FROM pg_class WHERE relkind = 'r' AND "
    "relnamespace = to_regnamespace(quote_ident(current_schema())) AND relname = ANY($1::text[])"};

}  // namespace

TableSizes::TableSizes(SessionPool& pool, ports::Metrics& metrics)
    : pool_(pool), metrics_(metrics), task_(kMeasureEvery, [this] { Measure(); }) {}

void TableSizes::Measure() {
  const auto sizes = pool_.Read(absl::Now() + kMeasureTime, [](Session& session) {
    std::vector<std::pair<std::string, double>> tables;
    for (const pqxx::row& row : session.Execute(kTableSizes, Params().Add(TablesOfOurs())))
      tables.emplace_back(row[0].c_str(), row[1].as<double>());
    return tables;
  });
  if (!sizes.ok()) return;  // reported by those who cannot go on
  for (const auto& [table, bytes] : *sizes) {
    metrics_
        .GetGauge("logistics_table_bytes", "Size of a table with its indexes, by the last measurement",
                  {{"table", table}})
        .Set(bytes);
  }
}

}  // namespace logistics::storage
