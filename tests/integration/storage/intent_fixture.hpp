// Orders whose stock another service keeps, on a database of their own.
#pragma once

#include <string>
#include <vector>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {

class IntentFixture : public StorageFixture {
 protected:
  DatabaseOptions PeerOptions(domain::CommitOn commit_on = domain::CommitOn::kShipped) const {
    DatabaseOptions options = Options();
    options.stock_policy = {commit_on, /*restock_returns=*/true};
    return options;
  }
  // So many products, 2 pieces of each.
  domain::NewOrder PeerOrder(int lines = 1, const std::string& key = "") {
    domain::NewOrder order = OrderOf(domain::ProductId(ids_.NewId()), 2, key);
    for (int i = 1; i < lines; ++i) {
      order.order.lines.push_back(order.order.lines.front());
      order.order.lines.back().product_id = domain::ProductId(ids_.NewId());
    }
    for (domain::OrderLine& line : order.order.lines) line.sku = "SKU of " + line.product_id->ToString();
    return order;
  }
  domain::NewOrder Opened(Database& database, int lines = 1, const std::string& key = "") {
    domain::NewOrder order = PeerOrder(lines, key);
    EXPECT_THAT(database.intents().Open(order, {}), fakes::IsOk());
    return order;
  }
  domain::NewOrder Made(Database& database, int lines = 1, const std::string& key = "") {
    domain::NewOrder order = Opened(database, lines, key);
    EXPECT_THAT(database.intents().Complete(order, {"correlation", "", absl::InfiniteFuture()}), fakes::IsOk());
    return order;
  }
  void Walk(Database& database, const domain::NewOrder& order, const std::vector<domain::OrderStatus>& statuses) {
    for (const domain::OrderStatus status : statuses) {
      EXPECT_THAT(database.orders().ChangeStatus({order.order.id, status, "because", "anna", std::nullopt}, {}),
                  fakes::IsOk());
    }
  }
  static absl::StatusOr<bool> Abandon(Database& database, const domain::NewOrder& order, bool only_an_intent = false) {
    return database.intents().Abandon(
        {order.order.id.uuid(), ports::IntentRelease::kTwice, "the test says so", only_an_intent}, {});
  }

  std::string Text(const std::string& sql) const {
    const pqxx::result rows = database_.Query(sql);
    return rows.empty() || rows[0][0].is_null() ? "none" : rows[0][0].c_str();
  }
  std::string StateOf(const domain::NewOrder& order) const {
    return Text("SELECT state FROM reservations WHERE id = '" + order.order.id.ToString() + "'");
  }
  std::string StepsOf(const domain::NewOrder& order) const {
    return Text("SELECT array_to_string(steps, ', ') FROM settlements WHERE reservation_id = '" +
                order.order.id.ToString() + "'");
  }
  std::string EventsOf(const domain::NewOrder& order) const {
    return Text(
        "SELECT string_agg(event_type, ', ' ORDER BY c.number, o.ordinal) FROM outbox_events o JOIN commits c USING "
        "(batch_id) WHERE o.order_id = '" +
        order.order.id.ToString() + "'");
  }

  // Each order has a reservation that is none in the making, its history and its events; no other reservation has an
  // order or its events; no key leads to what was given up; our own books of stock are not touched.
  void ExpectPeerConsistent() const {
    EXPECT_EQ(Number("SELECT count(*) FROM stock_levels") + Number("SELECT count(*) FROM stock_movements"), 0);
    EXPECT_EQ(Number("SELECT count(*) FROM orders o LEFT JOIN reservations r ON r.id = o.id "
                     "WHERE r.id IS NULL OR r.state = 'intent'"),
              0);
    EXPECT_EQ(Number("SELECT count(*) FROM reservations r LEFT JOIN orders o ON o.id = r.id "
                     "WHERE o.id IS NULL AND r.state NOT IN ('intent', 'released')"),
              0);
    EXPECT_EQ(Number("SELECT count(*) FROM reservations r LEFT JOIN orders o ON o.id = r.id WHERE o.id IS NULL AND "
                     "(EXISTS (SELECT FROM outbox_events e WHERE e.order_id = r.id) OR "
                     "EXISTS (SELECT FROM order_status_history h WHERE h.order_id = r.id))"),
              0);
    EXPECT_EQ(
        Number(
            "SELECT count(*) FROM (SELECT o.id FROM orders o LEFT JOIN outbox_events e ON e.order_id = o.id GROUP BY "
            "o.id HAVING count(*) FILTER (WHERE e.event_type = 'OrderCreated') <> 1 OR "
            "count(*) FILTER (WHERE e.event_type = 'InventoryReserved') <> 1) wrong"),
        0);
    EXPECT_EQ(Number("SELECT count(*) FROM (SELECT o.id FROM orders o LEFT JOIN order_status_history h ON h.order_id = "
                     "o.id GROUP BY o.id, o.version HAVING count(h.*) <> o.version) wrong"),
              0);
    EXPECT_EQ(Number("SELECT count(*) FROM idempotency_keys k JOIN reservations r ON r.id = k.order_id "
                     "WHERE r.state = 'released' AND NOT EXISTS (SELECT FROM orders o WHERE o.id = r.id)"),
              0);
    EXPECT_EQ(Number("SELECT count(*) FROM intent_keys k LEFT JOIN reservations r ON r.id = k.reservation_id "
                     "WHERE r.state IS DISTINCT FROM 'intent'"),
              0);
  }
};

}  // namespace logistics::storage
