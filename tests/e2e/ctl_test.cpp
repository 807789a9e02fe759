// logisticsctl against a running daemon: what a person or a script sees.
#include <gmock/gmock.h>

#include "e2e/history.hpp"
#include "e2e/world.hpp"
#include "nlohmann/json.hpp"
#include "support/inventory_peer.hpp"
#include "support/postgres.hpp"

namespace logistics::e2e {
namespace {

using support::Finished;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

Finished Ctl(const std::string& address, std::vector<std::string> args) {
  support::Command command{{LOGISTICS_BINARY_DIR "/logisticsctl", "--address", address}, {}};
  command.args.insert(command.args.end(), args.begin(), args.end());
  return support::RunToEnd(command);
}

// The answer to a command that must succeed.
Json CtlJson(const std::string& address, std::vector<std::string> args) {
  args.insert(args.begin(), "--json");
  const Finished finished = Ctl(address, std::move(args));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, IsEmpty());
  return Json::parse(finished.out, nullptr, /*allow_exceptions=*/false);
}

class CtlTest : public testing::Test {
 protected:
  CtlTest() { daemon_.WaitUntilPublishing(); }
  void TearDown() override { daemon_.Stop(); }

  Finished Run(std::vector<std::string> args) { return Ctl(daemon_.address(), std::move(args)); }
  Json RunJson(std::vector<std::string> args) { return CtlJson(daemon_.address(), std::move(args)); }

  World world_;
  Daemon daemon_{world_.Serve()};
};

TEST_F(CtlTest, FullLifeOfOrders) {
  const Json item = RunJson({"inventory", "create", "--sku", "CHAIR-1", "--name", "Chair"})["item"];
  const std::string product = item["id"];
  const Json level = RunJson({"inventory", "adjust", product, "5", "--reason", "delivery"})["inventory_level"];
  EXPECT_EQ(level["available"], "5");  // protobuf JSON writes 64-bit numbers as strings
  for (int i = 0; i < 2; ++i) {
    const Json count = RunJson({"inventory", "adjust", product, "-1", "--request-id", "count 7"})["inventory_level"];
    EXPECT_EQ(count["quantity"], "4");
  }
  RunJson({"inventory", "adjust", product, "1"});
  const std::string customer = NewUuid();
  const Json created = RunJson({"orders", "create", "--customer", customer, "--item", "CHAIR-1:2:19.99"});
  const std::string id = created["id"];
  EXPECT_EQ(created["status"], "ORDER_STATUS_PENDING");
  EXPECT_EQ(created["total_amount"], 39.98);
  EXPECT_EQ(RunJson({"inventory", "levels", "--item", product})["levels"][0]["reserved"], "2");
  EXPECT_EQ(RunJson({"orders", "status", id, "processing", "--by", "ann"})["status"], "ORDER_STATUS_PROCESSING");
  EXPECT_EQ(RunJson({"orders", "status", id, "shipped"})["version"], "3");
  EXPECT_EQ(RunJson({"orders", "get", id})["status"], "ORDER_STATUS_SHIPPED");
  EXPECT_EQ(RunJson({"inventory", "levels", "--item", product})["levels"][0]["quantity"], "3");

  const std::string second = RunJson({"orders", "create", "--customer", customer, "--item", "CHAIR-1:1:19.99"})["id"];
  EXPECT_EQ(RunJson({"orders", "cancel", second, "--reason", "too late"})["status"], "ORDER_STATUS_CANCELLED");
  const Json list = RunJson({"orders", "list", "--customer", customer});
  EXPECT_EQ(list["total_count"], 2);
  EXPECT_EQ(RunJson({"orders", "list", "--customer", customer, "--status", "cancelled"})["orders"][0]["id"], second);

  const Finished human = Run({"orders", "get", id});
  EXPECT_EQ(human.exit_code, 0);
  EXPECT_THAT(human.out, HasSubstr(id));
  EXPECT_THAT(human.out, HasSubstr("shipped"));
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
}

TEST_F(CtlTest, Refused_IsOneWithTheReasonAndTheCorrelationId) {
  const Product product = AddProduct(daemon_, 1);
  const Finished short_stock = Run(
      {"--correlation-id", "ticket-9", "orders", "create", "--customer", NewUuid(), "--item", product.id + ":2:19.99"});
  EXPECT_EQ(short_stock.exit_code, 1);
  EXPECT_THAT(short_stock.out, IsEmpty());
  EXPECT_THAT(short_stock.err, HasSubstr(product.sku));
  EXPECT_THAT(short_stock.err, HasSubstr("wanted 2, available 1"));
  EXPECT_THAT(short_stock.err, HasSubstr("ticket-9"));

  const Finished bad = Run({"orders", "create", "--customer", "nobody", "--item", product.id + ":1:0.001"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.err, HasSubstr("customer_id"));
  EXPECT_THAT(bad.err, HasSubstr("items[0].unit_price"));

  EXPECT_EQ(Run({"orders", "get", NewUuid()}).exit_code, 1);
}

TEST_F(CtlTest, Reservations_AreHeldReleasedAndCommitted) {
  const Product product = AddProduct(daemon_, 10);
  const std::string warehouse = "00000000-0000-0000-0000-000000000001";
  const std::string id = NewUuid();
  const Json held = RunJson({"inventory", "reserve", "--order", id, "--warehouse", warehouse, "--item",
                             product.sku + ":3", "--item", product.id + ":1"});
  EXPECT_EQ(held["success"], true);
  EXPECT_EQ(held["reservation_id"], id);
  EXPECT_EQ(held["items"][1]["product_id"], product.id);
  EXPECT_EQ(LevelOf(daemon_, product).reserved(), 4);
  EXPECT_THAT(Run({"inventory", "release", id, "--reason", "changed my mind"}).out, HasSubstr("released"));
  EXPECT_EQ(RunJson({"inventory", "release", id})["success"], true);
  const Finished refused = Run({"inventory", "commit", id});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("released already"));

  const std::string second =
      RunJson({"inventory", "reserve", "--warehouse", warehouse, "--item", product.sku + ":2"})["reservation_id"];
  EXPECT_EQ(Run({"inventory", "commit", second}).exit_code, 0);
  EXPECT_EQ(LevelOf(daemon_, product).quantity(), 8);

  const Finished short_stock = Run({"inventory", "reserve", "--warehouse", warehouse, "--item", product.sku + ":9"});
  EXPECT_EQ(short_stock.exit_code, 1);
  EXPECT_THAT(short_stock.out, HasSubstr("wanted 9, available 8"));
  EXPECT_THAT(short_stock.err, HasSubstr("refused"));
  EXPECT_EQ(Run({"inventory", "reserve", "--warehouse", warehouse, "--item", product.sku}).exit_code, 2);
  EXPECT_EQ(Run({"inventory", "reserve", "--item", product.sku + ":1"}).exit_code, 2);
}

TEST_F(CtlTest, Misspelt_IsTwoAndNothingIsSent) {
  EXPECT_EQ(Run({"orders", "make"}).exit_code, 2);
  EXPECT_EQ(Run({"orders", "create"}).exit_code, 2);
  EXPECT_EQ(Run({"orders", "status", NewUuid(), "sent"}).exit_code, 2);
  EXPECT_EQ(Run({"orders", "create", "--customer", NewUuid(), "--item", "nonsense"}).exit_code, 2);
}

TEST_F(CtlTest, NoServer_IsThree) {
  const std::string address = daemon_.address();
  daemon_.process().Kill();
  const Finished finished = Ctl(address, {"orders", "list"});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err, HasSubstr("no server at " + address));
}

// No daemon: the commands speak to the inventory service of the mesh itself.
TEST(CtlAtThePeerTest, Stock_IsHeldReleasedCommittedAndAdjusted) {
  const test::TestDatabase database;
  const support::InventoryPeer peer(database.url());
  const support::PeerProduct product = peer.AddProduct(10);
  const std::string warehouse = support::kPeerWarehouse;
  const auto run = [&](std::vector<std::string> args) { return Ctl(peer.address(), std::move(args)); };
  const auto run_json = [&](std::vector<std::string> args) { return CtlJson(peer.address(), std::move(args)); };

  const std::string id = NewUuid();
  const Json held = run_json({"inventory", "reserve", "--order", id, "--warehouse", warehouse, "--item",
                              product.id + ":3", "--item", product.sku + ":1"});
  EXPECT_EQ(held["success"], true);
  EXPECT_EQ(held["reservation_id"], id);
  EXPECT_EQ(held["items"][1]["product_id"], product.id);
  const Json level = run_json({"inventory", "levels", "--item", product.id, "--warehouse", warehouse})["levels"][0];
  EXPECT_EQ(level["quantity"], "10");
  EXPECT_EQ(level["reserved"], "4");
  EXPECT_EQ(level["available"], "6");
  EXPECT_EQ(run_json({"inventory", "release", id, "--reason", "changed my mind"})["success"], true);
  EXPECT_EQ(peer.Level(product.id), (support::PeerLevel{10, 0, 10}));
  const Finished again = run({"inventory", "release", id});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("no pending reservations found for ID: " + id));

  const std::string second =
      run_json({"inventory", "reserve", "--warehouse", warehouse, "--item", product.id + ":2"})["reservation_id"];
  EXPECT_EQ(run({"inventory", "commit", second}).exit_code, 0);
  EXPECT_EQ(peer.Level(product.id), (support::PeerLevel{8, 0, 8}));
  EXPECT_EQ(run_json({"inventory", "adjust", product.id, "5", "--warehouse", warehouse, "--reason",
                      "delivery"})["inventory_level"]["quantity"],
            "13");

  const Finished short_stock = run({"inventory", "reserve", "--warehouse", warehouse, "--item", product.id + ":14"});
  EXPECT_EQ(short_stock.exit_code, 1);
  EXPECT_THAT(short_stock.err, HasSubstr("refused"));
  EXPECT_EQ(peer.Level(product.id), (support::PeerLevel{13, 0, 13}));
  const Finished no_uuid = run({"inventory", "reserve", "--warehouse", "here", "--item", product.id + ":1"});
  EXPECT_EQ(no_uuid.exit_code, 1);
  EXPECT_THAT(no_uuid.err, HasSubstr("invalid request"));
}

}  // namespace
}  // namespace logistics::e2e
