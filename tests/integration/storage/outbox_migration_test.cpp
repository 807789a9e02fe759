// An outbox as the release before stored it, with all that waits in it, becomes parts and a quarantine.
#include <gmock/gmock.h>

#include <string>

#include "integration/storage/storage_fixture.hpp"
#include "storage/schema/migrations.hpp"
#include "storage/schema/migrator.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;

class OutboxMigrationTest : public testing::Test {
 protected:
  // The schema before migration 0006.
  OutboxMigrationTest() {
    options_.url = database_.url();
    database_.Query(
        "CREATE TABLE schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())");
    for (const EmbeddedMigration& migration : EmbeddedMigrations()) {
      if (migration.name >= "0006") continue;
      database_.Query(std::string(migration.sql));
      database_.Query("INSERT INTO schema_migrations (name) VALUES ('" + std::string(migration.name) + "')");
    }
  }
  void Fill(int commits, int events) {
    database_.Query(
        "INSERT INTO commits (batch_id, number, committed_at) SELECT ('00000000-0000-0000-0000-' || "
        "lpad(n::text, 12, '0'))::uuid, n, now() - interval '1 hour' FROM generate_series(1, " +
        std::to_string(commits) + ") n");
    database_.Query(
        "INSERT INTO outbox (batch_id, ordinal, message_id, stream, routing_key, event_type, body, order_id, "
        "product_id, "
        "correlation_id, traceparent) SELECT c.batch_id, n, gen_random_uuid(), 'order', 'order.created', "
        "'OrderCreated', "
        "'{\"text\":\"caf\u00e9 ' || n || repeat(' ', n % 2000) || '\"}', CASE WHEN n % 2 = 0 THEN gen_random_uuid() "
        "END, "
        "CASE WHEN n % 2 = 1 THEN gen_random_uuid() END, 'corr', '' FROM commits c, generate_series(0, " +
        std::to_string(events - 1) + ") n");
  }

  test::TestDatabase database_;
  DatabaseOptions options_;
};

TEST_F(OutboxMigrationTest, WhatWaits_IsConvertedToTheLetter) {
  Fill(3, 700);
  database_.Query("UPDATE outbox SET held_at = now(), held_reason = 'unroutable' WHERE ordinal IN (5, 699)");
  const std::string columns =
      "batch_id, ordinal, message_id, stream, routing_key, event_type, body, order_id, product_id, correlation_id, "
      "traceparent";
  database_.Query("CREATE TABLE before AS SELECT " + columns + ", held_at FROM outbox");
  ASSERT_THAT(Migrate(options_), IsOk());

  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM outbox_events"), 3 * 698);
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM outbox_quarantine WHERE reason = 'unroutable'"), 3 * 2);
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM (SELECT " + columns +
                                  " FROM before WHERE held_at IS NULL EXCEPT SELECT " + columns +
                                  " FROM outbox_events) missing"),
            0);
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM (SELECT " + columns +
                                  " FROM before WHERE held_at IS NOT NULL EXCEPT SELECT " + columns +
                                  " FROM outbox_quarantine) missing"),
            0);
  EXPECT_LE(database_.QueryNumber("SELECT max(octet_length(events)) FROM outbox"), 256 * 1024);
  EXPECT_GE(database_.QueryNumber("SELECT count(*) FROM outbox"), 3 * 3) << "256 events a part at most";
}

TEST_F(OutboxMigrationTest, TheReleaseBefore_FailsLoudlyAndLosesNothing) {
  Fill(1, 2);
  ASSERT_THAT(Migrate(options_), IsOk());
  EXPECT_THROW(
      database_.Query("INSERT INTO outbox (batch_id, ordinal, message_id, stream, routing_key, event_type, body, "
                      "correlation_id, traceparent) VALUES (gen_random_uuid(), 0, gen_random_uuid(), 'order', "
                      "'order.created', 'OrderCreated', '{}', '', '')"),
      pqxx::undefined_column);
  EXPECT_THROW(database_.Query("DELETE FROM outbox WHERE ordinal = 0"), pqxx::undefined_column);
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM outbox_events"), 2);
}

}  // namespace
}  // namespace logistics::storage
