// The database of each earlier release, with rows in all of its tables, under this release.
#include "absl/strings/str_cat.h"
#include "integration/storage/storage_fixture.hpp"
#include "storage/schema/concurrent_migration.hpp"
#include "storage/schema/migrations.hpp"
#include "storage/schema/migrator.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kOrder[] = "018f0000-0000-7000-8000-000000000001";
constexpr char kProduct[] = "018f0000-0000-7000-8000-000000000002";
constexpr char kWarehouse[] = "018f0000-0000-7000-8000-000000000003";

// The rows that a release stored, from the one on that brought their tables. An order over three of ten pieces waits,
// with one event that was quarantined and one that was not.
struct Rows {
  std::string_view since;
  std::string_view sql;
};
constexpr Rows kRows[] = {
    {"0001", R"(
INSERT INTO products VALUES ('018f0000-0000-7000-8000-000000000002', 'LAMP-01', 'café é€😀', '', '', '{}', '{}', now(), now());
INSERT INTO stock_levels VALUES ('018f0000-0000-7000-8000-000000000002', '018f0000-0000-7000-8000-000000000003', 10, 3, now());
INSERT INTO commits VALUES ('018f0000-0000-7000-8000-00000000000a', 1, now()), ('018f0000-0000-7000-8000-00000000000b', 2, now());
INSERT INTO stock_movements VALUES
  ('018f0000-0000-7000-8000-00000000000a', 0, '018f0000-0000-7000-8000-000000000002', '018f0000-0000-7000-8000-000000000003',
   10, 0, 10, 0, 'adjust', NULL, 'delivery', '', now()),
  ('018f0000-0000-7000-8000-00000000000b', 0, '018f0000-0000-7000-8000-000000000002', '018f0000-0000-7000-8000-000000000003',
   0, 3, 10, 3, 'reserve', '018f0000-0000-7000-8000-000000000001', '', '', now());
INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, tracking_number,
                    has_shipping, has_payment, created_at, updated_at)
VALUES ('018f0000-0000-7000-8000-000000000001', gen_random_uuid(), '018f0000-0000-7000-8000-000000000003', 'pending', 1, 'EUR',
        5997, 'é', '', false, false, now(), now());
INSERT INTO order_items VALUES ('018f0000-0000-7000-8000-000000000001', 0, '018f0000-0000-7000-8000-000000000002', 'LAMP-01',
                                'a lamp', 3, 1999, 5997);
INSERT INTO order_status_history VALUES ('018f0000-0000-7000-8000-000000000001', 1, '018f0000-0000-7000-8000-00000000000b', NULL,
                                         'pending', 'anna', '', now());
INSERT INTO idempotency_keys SELECT customer_id, 'key', id, '\x01', now() FROM orders;
INSERT INTO reservations (id, warehouse_id, state, product_ids, skus, quantities, created_at, updated_at)
VALUES ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000003', 'held',
        '{018f0000-0000-7000-8000-000000000002}', '{LAMP-01}', '{3}', now(), now());
INSERT INTO outbox (batch_id, ordinal, message_id, stream, routing_key, event_type, body, order_id, correlation_id,
                    traceparent, held_at, held_reason)
VALUES ('018f0000-0000-7000-8000-00000000000b', 0, '018f0000-0000-7000-8000-0000000000e0', 'order', 'order.created',
        'OrderCreated', '{"text": "é€😀"}', '018f0000-0000-7000-8000-000000000001', 'c', '', NULL, NULL),
       ('018f0000-0000-7000-8000-00000000000b', 1, '018f0000-0000-7000-8000-0000000000e1', 'inventory', 'inventory.reserved',
        'InventoryReserved', '{}', '018f0000-0000-7000-8000-000000000001', 'c', '', now(), 'unroutable');
UPDATE change_counter SET value = 2)"},
    {"0003", R"(
INSERT INTO settlements (reservation_id, steps, reason, due_at) VALUES (gen_random_uuid(), '{release}', 'given up', now());
INSERT INTO restocks_in_doubt SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'X', 1, 'lost';
INSERT INTO intent_keys SELECT gen_random_uuid(), gen_random_uuid(), 'intent')"},
    {"0005", R"(
INSERT INTO payments (order_id, outcome, amount_minor, currency, payment_method, transaction_id, error_code, error_message,
                      recorded_at) VALUES (gen_random_uuid(), 'processed', 1, 'EUR', '', '', '', '', now());
INSERT INTO inbox_done (consumer, message_id) VALUES ('payments', 'm-1');
INSERT INTO inbox_waiting (consumer, message_id, order_id, exchange, routing_key, event_type, body, correlation_id,
                           traceparent, attempts, due_at, last_error)
VALUES ('payments', 'm-2', gen_random_uuid(), 'payment_events', 'payment.processed', 'PaymentProcessed', '{"a": "é"}', '',
        '', 1, now(), 'there is no such order'))"},
    {"0007", "INSERT INTO adjustment_requests VALUES ('request', gen_random_uuid(), gen_random_uuid(), 1)"},
    {"0009", "INSERT INTO routed_keys VALUES ('order', 'order.created', now(), NULL)"},
    {"0010", "INSERT INTO replicas (id, release, inventory_mode) VALUES (gen_random_uuid(), '0.0', 'embedded')"},
};

class UpgradeTest : public StorageFixture, public testing::WithParamInterface<std::string_view> {
 protected:
  // The database as the release whose last migration is the parameter left it.
  UpgradeTest() {
    options_.url = old_.url();
    old_.Query("CREATE TABLE schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())");
    for (const EmbeddedMigration& migration : EmbeddedMigrations()) {
      if (migration.name > GetParam()) break;
      if (IsConcurrent(migration)) {
        ApplyConcurrently(options_, migration, nullptr);
      } else {
        old_.Query(std::string(migration.sql));
        old_.Query(absl::StrCat("INSERT INTO schema_migrations (name) VALUES ('", std::string(migration.name), "')"));
      }
      for (const Rows& rows : kRows) {
        if (migration.name.substr(0, 4) == rows.since) old_.Query(std::string(rows.sql));
      }
    }
  }
  bool Had(std::string_view since) const { return GetParam() >= since; }
  std::int64_t Count(const std::string& rows) const { return old_.QueryNumber("SELECT count(*) FROM " + rows); }

  test::TestDatabase old_;
  DatabaseOptions options_;
};

std::vector<std::string_view> EarlierReleases() {
  std::vector<std::string_view> names;
  for (const EmbeddedMigration& migration : EmbeddedMigrations()) names.push_back(migration.name);
  names.pop_back();
  return names;
}

INSTANTIATE_TEST_SUITE_P(From, UpgradeTest, testing::ValuesIn(EarlierReleases()),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(UpgradeTest, WhatWasThere_GoesOn) {
  ASSERT_THAT(Migrate(options_), IsOk());
  EXPECT_THAT(Migrate(options_), IsOkAndHolds(IsEmpty()));
  const auto replica = NewReplica(options_);
  Database& database = replica->database();

  const domain::OrderId id(*domain::Uuid::Parse(kOrder));
  const absl::StatusOr<domain::Order> order = database.orders().Get(id, {});
  ASSERT_THAT(order, IsOk());
  EXPECT_EQ(order->status, domain::OrderStatus::kPending);
  EXPECT_EQ(order->notes, "é");
  ASSERT_THAT(order->lines, SizeIs(1));
  EXPECT_EQ(order->lines[0].sku, "LAMP-01");
  const auto product = database.stock().GetProduct(domain::ProductId(*domain::Uuid::Parse(kProduct)), {});
  ASSERT_THAT(product, IsOk());
  EXPECT_EQ(product->name, "café é€😀");

  EXPECT_EQ(old_.QueryNumber("SELECT count(*) FROM outbox_events WHERE message_id = "
                             "'018f0000-0000-7000-8000-0000000000e0' AND body = '{\"text\": \"é€😀\"}'"),
            1);
  EXPECT_EQ(Count("outbox_quarantine WHERE message_id = '018f0000-0000-7000-8000-0000000000e1' AND number = 2"), 1);
  EXPECT_EQ(Count("idempotency_keys"), 1);
  EXPECT_EQ(Count("settlements"), Had("0003") ? 1 : 0);
  EXPECT_EQ(Count("restocks_in_doubt"), Had("0003") ? 1 : 0);
  EXPECT_EQ(Count("intent_keys"), Had("0003") ? 1 : 0);
  EXPECT_EQ(Count("payments"), Had("0005") ? 1 : 0);
  EXPECT_EQ(Count("inbox_done"), Had("0005") ? 1 : 0);
  EXPECT_EQ(Count("inbox_waiting WHERE NOT set_aside"), Had("0005") ? 1 : 0);
  EXPECT_EQ(Count("adjustment_requests"), Had("0007") ? 1 : 0);
  EXPECT_EQ(Count("routed_keys"), Had("0009") ? 1 : 0);

  // The hold that another release made ends, in our books.
  EXPECT_THAT(database.orders().ChangeStatus({id, domain::OrderStatus::kCancelled, "", "anna", std::nullopt}, {}),
              IsOk());
  EXPECT_EQ(old_.QueryNumber(absl::StrCat("SELECT reserved FROM stock_levels WHERE warehouse_id = '", kWarehouse, "'")),
            0);
  EXPECT_EQ(Count("commits WHERE number = 3"), 1) << "numbers go on where they were";
}

}  // namespace
}  // namespace logistics::storage
