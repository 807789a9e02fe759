#include "e2e/remote_world.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/broker.hpp"

namespace logistics::e2e {
namespace {

// Products whose two sides differ. Without a lock: to be asked when nothing is under way.
constexpr char kBooks[] =
    "SELECT l.item_id, l.quantity, l.reserved, coalesce(ours.held, 0), coalesce(ours.taken, 0) "
    "FROM inventory_sync.levels l LEFT JOIN (SELECT p AS item_id, sum(q) FILTER (WHERE state = 'held') AS held, "
    "sum(q) FILTER (WHERE state = 'committed') AS taken FROM reservations, unnest(product_ids, quantities) AS u(p, q) "
    "GROUP BY p) ours USING (item_id)";

}  // namespace

RemoteWorld::RemoteWorld(const Flags& flags, const support::InventoryPeer::Flags& peer_flags)
    : peer(world.database.url(), peer_flags) {
  world.flags = {{"inventory-remote-call-timeout", "1s"},
                 {"inventory-remote-intent-ttl", "2s"},
                 {"inventory-remote-release-again-after", "500ms"},
                 {"inventory-remote-breaker-open-for", "300ms"},
                 {"inventory-remote-reconnect-min", "100ms"},
                 {"inventory-remote-reconnect-max", "300ms"},
                 {"outbox-lease-ttl", "1s"}};
  for (const auto& [name, value] : flags) world.flags[name] = value;
}

support::Command RemoteWorld::Serve() const {
  support::Command command = world.Serve();
  command.env["INVENTORY_SERVICE_URL"] = peer.url();
  return command;
}

Product RemoteWorld::AddProduct(int quantity) {
  const support::PeerProduct product = peer.AddProduct(quantity);
  delivered_[product.id] = quantity;
  return {product.id, product.sku};
}

support::PeerLevel RemoteWorld::LevelOf(const Product& product) const {
  const auto level = peer.Level(product.id);
  if (!level) throw std::runtime_error("the product has no level at the peer");
  return *level;
}

std::string RemoteWorld::OnlyReservation() const {
  const pqxx::result rows = world.database.Query("SELECT id FROM reservations");
  if (rows.size() != 1) throw std::runtime_error("there is not exactly one reservation");
  return rows[0][0].c_str();
}

std::int64_t RemoteWorld::Intents() const {
  return world.database.QueryNumber("SELECT count(*) FROM reservations WHERE state = 'intent'");
}

std::int64_t RemoteWorld::Settlements() const { return world.database.QueryNumber("SELECT count(*) FROM settlements"); }

void RemoteWorld::LetLeftoversAge() const {
  world.database.Query("UPDATE reservations SET created_at = created_at - interval '1 hour' WHERE state = 'intent'");
  world.database.Query("UPDATE settlements SET claimed_until = now() WHERE claimed_until IS NOT NULL");
}

void RemoteWorld::ExpectSettledAndConserved() const {
  EXPECT_TRUE(support::Eventually([this] { return Intents() == 0 && Settlements() == 0; }, kPatience))
      << Intents() << " intents and " << Settlements() << " settlements are left";
  for (const std::string& line : peer.Drift()) ADD_FAILURE() << "the peer's own books: " << line;
  const bool in_doubt = world.database.QueryNumber("SELECT count(*) FROM restocks_in_doubt") > 0;
  for (const auto& row : world.database.Query(kBooks)) {
    SCOPED_TRACE(std::string("product ") + row[0].c_str());
    EXPECT_EQ(row[2].as<std::int64_t>(), row[3].as<std::int64_t>()) << "reserved there, held by our orders";
    const auto delivered = delivered_.find(row[0].c_str());
    if (delivered == delivered_.end() || in_doubt) continue;
    EXPECT_EQ(row[1].as<std::int64_t>(), delivered->second - row[4].as<std::int64_t>())
        << "quantity there, delivered less what our orders took";
  }
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM intent_keys"), 0);
}

Calls::Calls(int count, std::function<Answer()> call) : answers_(static_cast<std::size_t>(count)) {
  for (Answer& answer : answers_) threads_.emplace_back([&answer, call] { answer = call(); });
}

const std::vector<Answer>& Calls::Join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return answers_;
}

void ExpectUnavailable(const Answer& answer) {
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << answer.status.error_message();
  EXPECT_TRUE(HasRetryInfo(answer.status)) << answer.status.error_message();
}

}  // namespace logistics::e2e
