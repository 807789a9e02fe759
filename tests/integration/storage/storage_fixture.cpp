#include "integration/storage/storage_fixture.hpp"

#include "fakes/priced.hpp"

namespace logistics::storage {

StorageFixture::StorageFixture() : warehouse_(ids_.NewId()), customer_(ids_.NewId()) {}

DatabaseOptions StorageFixture::Options() const {
  DatabaseOptions options;
  options.url = database_.url();
  return options;
}

domain::ProductId StorageFixture::ProductWith(Database& database, std::int64_t quantity) {
  const domain::ProductId id(ids_.NewId());
  const absl::Time now = clock_.Now();
  EXPECT_THAT(database.stock().CreateProduct({id, "SKU-" + id.ToString(), "A product", "", "", {}, now, now}, {}),
              fakes::IsOk());
  if (quantity == 0) return id;
  EXPECT_THAT(database.stock().Adjust({{id, warehouse_}, quantity, "delivery", ""}, {}), fakes::IsOk());
  return id;
}

domain::NewOrder StorageFixture::OrderOf(const domain::ProductId& product, int quantity, const std::string& key,
                                         const std::string& notes) {
  domain::OrderDraft draft;
  draft.customer_id = customer_.ToString();
  draft.idempotency_key = key;
  draft.notes = notes;
  draft.lines.push_back({product.ToString(), "", "", quantity, 1.0, 0});
  domain::NewOrder order = fakes::Priced(draft, warehouse_, ids_);
  order.order.created_at = order.order.updated_at = clock_.Now();
  return order;
}

void StorageFixture::ExpectNone(const std::string& what, const std::string& sql) const {
  const pqxx::result rows = database_.Query(sql);
  EXPECT_EQ(rows.size(), 0U) << what << ", the first: " << (rows.empty() ? "" : rows[0][0].c_str());
}

void StorageFixture::ExpectConsistent() const {
  ExpectNone(
      "levels that are not the sum of their ledger",
      "SELECT l.product_id FROM stock_levels l LEFT JOIN (SELECT product_id, warehouse_id, "
      "sum(quantity_delta) AS quantity, sum(reserved_delta) AS reserved FROM stock_movements GROUP BY 1, 2) m "
      "USING (product_id, warehouse_id) WHERE l.quantity <> m.quantity OR l.reserved <> m.reserved OR m.* IS NULL");
  ExpectNone("levels whose reserved pieces no reservation holds",
             "SELECT l.product_id FROM stock_levels l LEFT JOIN (SELECT i.product_id, r.warehouse_id, "
             "sum(i.quantity) AS held FROM reservations r CROSS JOIN LATERAL unnest(r.product_ids, r.quantities) AS "
             "i(product_id, quantity) WHERE r.state = 'held' GROUP BY 1, 2) h USING (product_id, warehouse_id) "
             "WHERE l.reserved <> coalesce(h.held, 0)");
  ExpectNone("orders without a reservation",
             "SELECT o.id FROM orders o LEFT JOIN reservations r ON r.id = o.id WHERE r.id IS NULL");
  ExpectNone("reservations that are not what their movements say",
             "SELECT r.id FROM reservations r LEFT JOIN stock_movements m ON m.reservation_id = r.id "
             "GROUP BY r.id, r.state HAVING (sum(m.reserved_delta) > 0) IS DISTINCT FROM (r.state = 'held') "
             "OR (sum(m.quantity_delta) < 0) IS DISTINCT FROM (r.state = 'committed')");
  ExpectNone("reservations without exactly one event",
             "SELECT r.id FROM reservations r LEFT JOIN outbox_events e ON e.order_id = r.id GROUP BY r.id "
             "HAVING count(*) FILTER (WHERE e.event_type = 'InventoryReserved') <> 1");
  ExpectNone("orders whose history is not one row a version",
             "SELECT o.id FROM orders o LEFT JOIN order_status_history h ON h.order_id = o.id GROUP BY o.id, o.version "
             "HAVING count(h.*) <> o.version OR max(h.version) <> o.version");
  ExpectNone("orders without exactly one OrderCreated and one InventoryReserved",
             "SELECT o.id FROM orders o LEFT JOIN outbox_events e ON e.order_id = o.id GROUP BY o.id "
             "HAVING count(*) FILTER (WHERE e.event_type = 'OrderCreated') <> 1 OR "
             "count(*) FILTER (WHERE e.event_type = 'InventoryReserved') <> 1");
  ExpectNone("events of what is not committed",
             "SELECT e.message_id FROM outbox_events e LEFT JOIN commits c ON c.batch_id = e.batch_id AND c.number IS "
             "NOT NULL "
             "WHERE c.batch_id IS NULL");
  EXPECT_EQ(Number("SELECT count(number) FROM commits"), Number("SELECT coalesce(max(number), 0) FROM commits"));
  EXPECT_EQ(Number("SELECT value FROM change_counter"), Number("SELECT coalesce(max(number), 0) FROM commits"));
}

}  // namespace logistics::storage
