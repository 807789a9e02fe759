#include "storage/rows/change_log.hpp"

#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

// The timeline is that of the WAL that is being written: after a promotion the control file has the old one until the
// next checkpoint.
constexpr Statement kLogHead = {
    "log_head",
    "SELECT (SELECT value FROM engine_facts WHERE name = 'database_id'), "
    "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer, "
    "(SELECT value FROM change_counter), (extract(epoch from clock_timestamp()) * 1000000)::bigint, "
    "(SELECT max(deleted_up_to) FROM retention)"};

constexpr Statement kLastNumber = {"last_number", "SELECT value FROM change_counter"};
constexpr Statement kDeletedChanges = {"deleted_changes", "SELECT max(deleted_up_to) FROM retention"};

}  // namespace

ports::LogHead ReadLogHead(Session& session) {
  const pqxx::row row = session.Execute(kLogHead)[0];
  return {ReadUuid(row[0]), row[1].as<std::int32_t>(), row[2].as<std::int64_t>(),
          absl::FromUnixMicros(row[3].as<std::int64_t>()), row[4].as<std::int64_t>()};
}

std::int64_t ReadLastNumber(Session& session) { return session.Execute(kLastNumber)[0][0].as<std::int64_t>(); }

std::int64_t ReadDeletedUpTo(Session& session) { return session.Execute(kDeletedChanges)[0][0].as<std::int64_t>(); }

domain::Uuid DerivedId(const domain::Uuid& base, std::uint32_t ordinal) {
  domain::Uuid::Bytes bytes = base.bytes();
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[domain::Uuid::kBytes - 1 - i] ^= static_cast<std::uint8_t>(ordinal >> (8 * i));
  }
  return domain::Uuid(bytes);
}

}  // namespace logistics::storage
