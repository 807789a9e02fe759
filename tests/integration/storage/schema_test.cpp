// The schema's own word: never oversold, whatever the code does.
#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

class SchemaTest : public StorageFixture {
 protected:
  SchemaTest() : replica_(NewReplica()), product_(ProductWith(replica_->database(), 10)) {
    const auto made = Create(replica_->database(), OrderOf(product_, 4));
    EXPECT_THAT(made, fakes::IsOk());
  }
  void ExpectRefused(const std::string& sql) const { EXPECT_THROW(database_.Query(sql), pqxx::check_violation) << sql; }

  std::unique_ptr<Replica> replica_;
  domain::ProductId product_;
};

TEST_F(SchemaTest, Levels_AreNeverOversoldNorOutOfBounds) {
  ExpectRefused("UPDATE stock_levels SET reserved = 11");
  ExpectRefused("UPDATE stock_levels SET reserved = -1");
  ExpectRefused("UPDATE stock_levels SET quantity = 3");
  ExpectRefused("UPDATE stock_levels SET quantity = -1, reserved = 0");
  ExpectRefused("UPDATE stock_levels SET quantity = 2147483648");
  ExpectRefused("INSERT INTO stock_levels SELECT product_id, gen_random_uuid(), 1, 2, now() FROM stock_levels");
  database_.Query("UPDATE stock_levels SET reserved = 10");
}

TEST_F(SchemaTest, LevelOfNoProduct_IsRefused) {
  EXPECT_THROW(database_.Query("INSERT INTO stock_levels VALUES (gen_random_uuid(), gen_random_uuid(), 1, 0, now())"),
               pqxx::foreign_key_violation);
}

TEST_F(SchemaTest, OrdersAndLines_KeepTheirBounds) {
  ExpectRefused("UPDATE orders SET version = 0");
  ExpectRefused("UPDATE orders SET total_minor = -1");
  ExpectRefused("UPDATE order_items SET quantity = 0");
  ExpectRefused("UPDATE order_items SET unit_price_minor = -1");
  ExpectRefused("UPDATE reservations SET state = 'sold'");
  ExpectRefused("UPDATE stock_movements SET cause = 'magic'");
}

TEST_F(SchemaTest, SameVersionOfAnOrder_CannotBeWrittenTwice) {
  EXPECT_THROW(database_.Query("INSERT INTO order_status_history SELECT * FROM order_status_history"),
               pqxx::unique_violation);
}

TEST_F(SchemaTest, SameNumber_CannotBeTakenTwice) {
  EXPECT_THROW(database_.Query("INSERT INTO commits SELECT gen_random_uuid(), 1, now()"), pqxx::unique_violation);
}

TEST_F(SchemaTest, LockOfCommitsAndPosition_AreOneRowEach) {
  EXPECT_THROW(database_.Query("INSERT INTO commit_lock DEFAULT VALUES"), pqxx::unique_violation);
  ExpectRefused("INSERT INTO commit_lock (one) VALUES (false)");
  EXPECT_THROW(database_.Query("INSERT INTO outbox_position (number, ordinal) VALUES (0, 0)"), pqxx::unique_violation);
}

}  // namespace
}  // namespace logistics::storage
