#include "contract/order_log_contract.hpp"

#include <algorithm>
#include <pqxx/pqxx>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "storage/stores/postgres_order_log.hpp"
#include "support/migrated.hpp"

namespace logistics::contract {

// In the middle, where nothing that is derived from an id's end can make another one's.
domain::Uuid OrderLogContract::Numbered(std::uint8_t kind, int n) {
  domain::Uuid::Bytes bytes{};
  bytes[0] = kind;
  bytes[6] = static_cast<std::uint8_t>(n >> 8);
  bytes[7] = static_cast<std::uint8_t>(n);
  return domain::Uuid(bytes);
}

ports::OrderChanges OrderLogContract::Read(const ports::OrderScope& scope, const ports::LogPlace& place, int limit) {
  absl::StatusOr<ports::OrderChanges> page = log().ReadAfter(scope, place, limit, {});
  EXPECT_THAT(page, fakes::IsOk());
  return page.ok() ? *std::move(page) : ports::OrderChanges{place};
}

ports::OrderChanges OrderLogContract::ReadAll(const ports::OrderScope& scope, const ports::LogPlace& place, int limit) {
  ports::OrderChanges all{place};
  all.more = true;
  while (all.more) {
    const ports::OrderChanges page = Read(scope, all.place, limit);
    ports::LogPlace last = all.place;
    for (const auto& change : page.changes) {
      EXPECT_LT(last, change->place) << "a page is in order, and behind the one before";
      last = change->place;
    }
    EXPECT_LE(last, page.place);
    EXPECT_TRUE(!page.more || all.place < page.place) << "a page with more behind it goes on";
    if (testing::Test::HasFailure()) break;
    all.changes.insert(all.changes.end(), page.changes.begin(), page.changes.end());
    all.place = page.place;
    all.more = page.more;
  }
  return all;
}

std::vector<ports::LogPlace> OrderLogContract::Places(const ports::OrderChanges& page) {
  std::vector<ports::LogPlace> places;
  for (const auto& change : page.changes) places.push_back(change->place);
  return places;
}

namespace {

class MemoryOrderLogHarness final : public OrderLogHarness {
 public:
  ports::OrderLog& log() override { return log_; }
  std::int64_t Append(const std::vector<fakes::MemoryOrderLog::Change>& changes) override {
    return log_.Append(changes);
  }

 private:
  fakes::MemoryOrderLog log_{clock()};
};

storage::DatabaseOptions OrderLogAt(const std::string& url) {
  storage::DatabaseOptions options;
  options.url = url;
  return options;
}

// Writes the rows as they stand after the commit, because the daemon's own writer does not make all of these: several
// changes of one order in a commit, for one.
class PostgresOrderLogHarness final : public OrderLogHarness {
 public:
  ports::OrderLog& log() override { return log_; }

  std::int64_t Append(const std::vector<fakes::MemoryOrderLog::Change>& changes) override {
    pqxx::work work(connection_);
    const std::string batch = work.exec("SELECT gen_random_uuid()")[0][0].as<std::string>();
    const std::string now = work.quote(storage::TimeText(clock().Now()));
    for (const fakes::MemoryOrderLog::Change& change : changes) {
      const std::string id = work.quote(change.order_id.ToString());
      const std::string status = Quote(work, change.status);
      const std::string notes = work.quote(change.notes);
      if (change.version == 1) {
        work.exec(absl::StrCat(
            "INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, "
            "tracking_number, has_shipping, has_payment, created_at, updated_at) VALUES (",
            id, ", ", work.quote(change.customer_id.ToString()), ", gen_random_uuid(), ", status, ", 1, 'USD', 1, ",
            notes, ", '', false, false, ", now, ", ", now, ")"));
      } else {
        work.exec(absl::StrCat("UPDATE orders SET status = ", status, ", version = ", change.version,
                               ", updated_at = ", now, " WHERE id = ", id));
      }
      work.exec(
          absl::StrCat("INSERT INTO order_status_history (order_id, version, batch_id, previous_status, "
                       "new_status, changed_by, notes, changed_at) VALUES (",
                       id, ", ", change.version, ", ", work.quote(batch), ", ", Quote(work, change.previous), ", ",
                       status, ", 'anna', ", notes, ", ", now, ")"));
    }
    const auto number =
        work.exec(absl::StrCat("WITH next AS (UPDATE change_counter SET value = value + 1 RETURNING "
                               "value) INSERT INTO commits (batch_id, number, committed_at) SELECT ",
                               work.quote(batch), ", value, ", now, " FROM next RETURNING number"))[0][0]
            .as<std::int64_t>();
    work.commit();
    return number;
  }

 private:
  static std::string Quote(pqxx::work& work, domain::OrderStatus status) {
    if (status == domain::OrderStatus::kUnknown) return "NULL";
    return work.quote(std::string(domain::OrderStatusKey(status)));
  }

  test::TestDatabase database_{test::Migrated()};
  storage::SessionPool pool_{OrderLogAt(database_.url()), 2};
  storage::PostgresOrderLog log_{pool_};
  pqxx::connection connection_{database_.url()};
};

INSTANTIATE_TEST_SUITE_P(
    Logs, OrderLogContract,
    testing::Values(OrderLogFactory{"Memory", [] { return std::make_unique<MemoryOrderLogHarness>(); }},
                    OrderLogFactory{"Postgres", [] { return std::make_unique<PostgresOrderLogHarness>(); }}),
    [](const testing::TestParamInfo<OrderLogFactory>& info) { return info.param.name; });

}  // namespace
}  // namespace logistics::contract
