#include "e2e/history.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "nlohmann/json.hpp"
#include "support/broker.hpp"
#include "unit/messaging/strict_decoder.hpp"

namespace logistics::e2e {
namespace {

using support::ReceivedMessage;
using Json = nlohmann::json;

constexpr std::size_t kMismatchesShownMax = 5;

// What each line counts must be none.
const std::vector<std::pair<const char*, const char*>>& Inconsistencies() {
  static const std::vector<std::pair<const char*, const char*>> queries = {
      {"levels that are not the sum of their movements",
       "SELECT count(*) FROM stock_levels l LEFT JOIN (SELECT product_id, warehouse_id, sum(quantity_delta) AS q, "
       "sum(reserved_delta) AS r FROM stock_movements GROUP BY 1, 2) m USING (product_id, warehouse_id) "
       "WHERE l.quantity IS DISTINCT FROM m.q OR l.reserved IS DISTINCT FROM m.r"},
      {"levels that hold something else than the reservations say",
       "SELECT count(*) FROM stock_levels l LEFT JOIN (SELECT p AS product_id, warehouse_id, sum(q) AS held "
       "FROM reservations, unnest(product_ids, quantities) AS u(p, q) WHERE state = 'held' GROUP BY 1, 2) r "
       "USING (product_id, warehouse_id) WHERE l.reserved <> coalesce(r.held, 0)"},
      {"orders without a reservation in the state that their status asks for",
       "SELECT count(*) FROM orders o LEFT JOIN reservations r ON r.id = o.id WHERE r.state IS DISTINCT FROM "
       "CASE WHEN o.status IN ('pending', 'processing') THEN 'held' WHEN o.status = 'cancelled' THEN 'released' "
       "ELSE 'committed' END"},
      {"reservations without an order",
       // The remote inventory's saga leaves a released row of an order that came to nothing.
       "SELECT count(*) FROM reservations r WHERE NOT EXISTS (SELECT 1 FROM orders WHERE id = r.id) AND NOT "
       "(state = 'released' AND EXISTS (SELECT 1 FROM engine_facts WHERE name = 'inventory_mode' AND value = "
       "'remote'))"},
      {"orders without items",
       "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM order_items WHERE order_id = o.id)"},
      {"orders whose history has gaps or another end",
       "SELECT count(*) FROM orders o LEFT JOIN (SELECT order_id, count(*) AS n, max(version) AS last, "
       "(array_agg(new_status ORDER BY version DESC))[1] AS status FROM order_status_history GROUP BY 1) h "
       "ON h.order_id = o.id WHERE o.version IS DISTINCT FROM h.last OR h.last <> h.n OR o.status <> h.status"},
      {"history of no order",
       "SELECT count(*) FROM order_status_history h WHERE NOT EXISTS (SELECT 1 FROM orders WHERE id = h.order_id)"},
      {"changes of no commit",
       "SELECT count(*) FROM order_status_history h LEFT JOIN commits c USING (batch_id) WHERE c.number IS NULL"},
      {"numbers missing in the one order of changes",
       "SELECT (SELECT value FROM change_counter) - count(*) + abs((SELECT value FROM change_counter) - "
       "coalesce(max(number), 0)) FROM commits WHERE number IS NOT NULL"},
      {"idempotency keys of no order",
       "SELECT count(*) FROM idempotency_keys k WHERE NOT EXISTS (SELECT 1 FROM orders WHERE id = k.order_id)"},
  };
  return queries;
}

// Routing keys of what is told of one subject on one exchange ("order_events <order id>"), in order. An
// InventoryUpdated says its numbers too: "inventory.updated 10->7".
using Told = std::map<std::string, std::vector<std::string>>;

void Tell(Told& told, const std::string& exchange, const std::string& id, const std::string& what) {
  told[exchange + " " + id].push_back(what);
}

Told ToldByHistory(const World& world) {
  Told told;
  for (const auto& row : world.database.Query(
           "SELECT order_id, version, new_status FROM order_status_history ORDER BY order_id, version")) {
    const std::string id = row[0].c_str();
    const std::string status = row[2].c_str();
    if (row[1].as<std::int64_t>() == 1) {
      Tell(told, "order_events", id, "order.created");
      Tell(told, "inventory_events", id, "inventory.reserved");
      continue;
    }
    Tell(told, "order_events", id, "order.status." + status);
    if (status != "cancelled") continue;
    Tell(told, "order_events", id, "order.cancelled");
    Tell(told, "inventory_events", id, "inventory.released");
  }
  for (const auto& row : world.database.Query(
           "SELECT m.product_id, m.quantity_after - m.quantity_delta, m.quantity_after FROM stock_movements m "
           "JOIN commits c USING (batch_id) WHERE m.quantity_delta <> 0 ORDER BY c.number, m.ordinal")) {
    Tell(told, "inventory_events", row[0].c_str(),
         std::string("inventory.updated ") + row[1].c_str() + "->" + row[2].c_str());
  }
  return told;
}

std::size_t CountOf(const Told& told) {
  std::size_t count = 0;
  for (const auto& [subject, list] : told) count += list.size();
  return count;
}

void ExpectWellFormed(const ReceivedMessage& message) {
  std::string type;
  EXPECT_NO_THROW(type = messaging::StrictDecoder::Decode(message.body)) << message.body;
  const Json envelope = Json::parse(message.body);
  EXPECT_EQ(message.type, type);
  EXPECT_EQ(message.message_id, envelope["id"]);
  EXPECT_EQ(message.content_type, "application/json");
  EXPECT_EQ(message.delivery_mode, 2);
  EXPECT_EQ(message.app_id, "logistics-engine");
  EXPECT_FALSE(message.correlation_id.empty());
}

// Messages by first publication: `count` different ones, which are waited for, and whatever else the queue holds then.
Told ToldByQueue(const World& world, std::size_t count) {
  support::TestConsumer consumer(world.broker.url(), world.queue());
  Told told;
  std::set<std::string> seen;
  const auto take = [&](const ReceivedMessage& message) {
    if (!seen.insert(message.message_id).second) return;
    ExpectWellFormed(message);
    const Json data = Json::parse(message.body)["data"];
    const bool updated = message.type == "InventoryUpdated";
    std::string what = message.routing_key;
    if (updated) what += " " + data["previous_quantity"].dump() + "->" + data["new_quantity"].dump();
    Tell(told, message.exchange, data[updated ? "product_id" : "order_id"], what);
  };
  while (seen.size() < count) {
    const std::optional<ReceivedMessage> message = consumer.Next(kPatience);
    if (!message) break;
    take(*message);
  }
  for (const ReceivedMessage& message : consumer.Rest()) take(message);
  EXPECT_EQ(seen.size(), count) << "different messages in the queue";
  return told;
}

std::string Listed(const Told& told, const std::string& subject) {
  std::string text;
  if (const auto found = told.find(subject); found != told.end()) {
    for (const std::string& what : found->second) text += (text.empty() ? "" : ", ") + what;
  }
  return text;
}

}  // namespace

void ExpectAckedAreThere(const World& world, const std::vector<AckedChange>& acked) {
  std::map<std::pair<std::string, std::int64_t>, std::string> history;
  for (const auto& row : world.database.Query("SELECT order_id, version, new_status FROM order_status_history")) {
    history[{row[0].c_str(), row[1].as<std::int64_t>()}] = row[2].c_str();
  }
  std::size_t wrong = 0;
  for (const AckedChange& change : acked) {
    std::string name = order::OrderStatus_Name(change.status).substr(sizeof "ORDER_STATUS_" - 1);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto found = history.find({change.order_id, change.version});
    if (found != history.end() && found->second == name) continue;
    if (++wrong > kMismatchesShownMax) continue;
    ADD_FAILURE() << "acked and not there: order " << change.order_id << " version " << change.version << " " << name
                  << (found == history.end() ? "" : ", which is " + found->second);
  }
  EXPECT_EQ(wrong, 0U) << "of " << acked.size() << " acked changes";
}

void ExpectConsistent(const World& world) {
  for (const auto& [what, query] : Inconsistencies()) EXPECT_EQ(world.database.QueryNumber(query), 0) << what;
}

void ExpectPublishedIsHistory(const World& world) {
  EXPECT_TRUE(
      support::Eventually([&] { return world.database.QueryNumber("SELECT count(*) FROM outbox") == 0; }, kPatience))
      << "the outbox does not get empty";
  const Told history = ToldByHistory(world);
  const Told queue = ToldByQueue(world, CountOf(history));
  std::set<std::string> subjects;
  for (const Told* told : {&history, &queue}) {
    for (const auto& [subject, list] : *told) subjects.insert(subject);
  }
  std::size_t wrong = 0;
  for (const std::string& subject : subjects) {
    const std::string expected = Listed(history, subject);
    const std::string published = Listed(queue, subject);
    if (expected == published || ++wrong > kMismatchesShownMax) continue;
    ADD_FAILURE() << subject << "\n  committed: " << expected << "\n  published: " << published;
  }
  EXPECT_EQ(wrong, 0U) << "of " << subjects.size() << " orders and products";
}

}  // namespace logistics::e2e
