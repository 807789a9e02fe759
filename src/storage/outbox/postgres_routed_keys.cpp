#include "storage/outbox/postgres_routed_keys.hpp"

#include "absl/time/clock.h"

namespace logistics::storage {
namespace {

// The relay waits meanwhile, and its lease runs.
constexpr absl::Duration kCallTimeout = absl::Seconds(2);

constexpr Statement kLoad = {"load_routed_keys",
                             "SELECT stream, routing_key, (extract(epoch from now() - last_routed_at) * 1000)::bigint, "
                             "(extract(epoch from now() - unroutable_since) * 1000)::bigint FROM routed_keys "
                             "ORDER BY last_routed_at DESC LIMIT $1::integer"};
constexpr Statement kStore = {
    "store_routed_keys",
    "INSERT INTO routed_keys (stream, routing_key, last_routed_at, unroutable_since) "
    "SELECT stream, routing_key, now() - routed_ms * interval '1 millisecond', "
    "now() - unroutable_ms * interval '1 millisecond' "
    "FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS k(stream, routing_key, routed_ms, "
    "unroutable_ms) ORDER BY stream, routing_key "
    "ON CONFLICT (stream, routing_key) DO UPDATE SET last_routed_at = excluded.last_routed_at, "
    "unroutable_since = excluded.unroutable_since"};
constexpr Statement kRemoveKeys = {
    "remove_routed_keys",
    "DELETE FROM routed_keys r USING unnest($1::text[], $2::text[]) AS k(stream, routing_key) "
    "WHERE r.stream = k.stream AND r.routing_key = k.routing_key"};
constexpr Statement kBound = {"bound_routed_keys",
                              "DELETE FROM routed_keys WHERE (stream, routing_key) IN (SELECT stream, routing_key FROM "
                              "routed_keys ORDER BY last_routed_at DESC OFFSET $1::integer)"};

}  // namespace

absl::StatusOr<std::vector<ports::RoutedKey>> PostgresRoutedKeys::Load() {
  return pool_.Read(absl::Now() + kCallTimeout, [](Session& session) {
    std::vector<ports::RoutedKey> keys;
    for (const pqxx::row& row : session.Execute(kLoad, Params().Add(std::int64_t{kKeysMax}))) {
      // A stream of a later release has no events here.
      const auto stream = domain::EventStreamFromName(row[0].c_str());
      if (!stream) continue;
      ports::RoutedKey& key = keys.emplace_back();
      key.stream = *stream;
      key.routing_key = row[1].c_str();
      key.routed_ago = absl::Milliseconds(row[2].as<std::int64_t>());
      if (!row[3].is_null()) key.unroutable_for = absl::Milliseconds(row[3].as<std::int64_t>());
    }
    return keys;
  });
}

absl::Status PostgresRoutedKeys::Store(const std::vector<ports::RoutedKey>& changed,
                                       const std::vector<ports::RoutedKey>& gone) {
  const auto milliseconds = [](absl::Duration age) { return absl::ToInt64Milliseconds(age); };
  Columns stored(4);
  for (const ports::RoutedKey& key : changed) {
    std::optional<std::int64_t> unroutable_ms;
    if (key.unroutable_for) unroutable_ms = milliseconds(*key.unroutable_for);
    stored.AddRow(domain::EventStreamName(key.stream), key.routing_key, milliseconds(key.routed_ago), unroutable_ms);
  }
  Columns removed(2);
  for (const ports::RoutedKey& key : gone) removed.AddRow(domain::EventStreamName(key.stream), key.routing_key);
  return pool_.Write(absl::Now() + kCallTimeout, [&](Session& session) {
    const auto run = [&session](const Statement& statement, const Columns& columns) {
      if (columns.empty()) return;
      Params params;
      columns.AddTo(params);
      session.Execute(statement, params);
    };
    run(kRemoveKeys, removed);
    run(kStore, stored);
    session.Execute(kBound, Params().Add(std::int64_t{kKeysMax}));
  });
}

}  // namespace logistics::storage
