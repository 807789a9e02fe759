// Payments while daemons are killed and servers go away: every message has its effect once, or its dead letter.
#include <gmock/gmock.h>
#include <signal.h>

#include <array>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "e2e/history.hpp"
#include "e2e/own_stack.hpp"
#include "e2e/payment_plan.hpp"
#include "fakes/seed.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {
namespace {

using Json = nlohmann::json;
using support::Eventually;
using support::TcpProxy;

void EndProperly(Daemon& daemon) {
  daemon.process().Signal(SIGTERM);
  const auto ending = daemon.process().Wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->exit_code, 0);
}

class PaymentsChaosTest : public testing::Test {
 protected:
  PaymentsChaosTest() {
    world_.flags = kPlanFlags;
    // The leases of one that was killed have to run out first.
    world_.flags["outbox-lease-ttl"] = "1s";
  }

  std::unique_ptr<Daemon> NewDaemon() {
    auto daemon = std::make_unique<Daemon>(world_.Serve());
    WaitUntilConsuming(*daemon);
    return daemon;
  }
  // Publishes it all.
  PaymentPlan NewPlan(Daemon& daemon) {
    const Product product = AddProduct(daemon, PaymentPlan::kOrders);
    PaymentPlan plan(PlaceMany(daemon, product, PaymentPlan::kOrders), random_);
    EXPECT_EQ(plan.messages.size(), static_cast<std::size_t>(PaymentPlan::kMessages));
    support::TestPublisher(world_.broker.url()).Publish(plan.messages);
    return plan;
  }
  bool AwaitPayments(std::int64_t count) {
    return Eventually([&] { return PaymentCount(world_) >= count; }, kPatience);
  }

  const std::uint64_t seed_ = fakes::TestSeed();
  const testing::ScopedTrace trace_{__FILE__, __LINE__, "LOGISTICS_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  World world_;
};

TEST_F(PaymentsChaosTest, ThousandMessagesATenthPoison_EachHasItsEffectOrItsLetterOnce) {
  const std::unique_ptr<Daemon> daemon = NewDaemon();
  const PaymentPlan plan = NewPlan(*daemon);
  ExpectPoisonBuried(world_, plan, Letters::kOnce);
  EXPECT_TRUE(Eventually([&] { return Taken(*daemon) == PaymentPlan::kMessages; })) << "each was delivered once";
  EXPECT_TRUE(Eventually([&] { return Handled(*daemon, "unknown_type") == PaymentPlan::kOtherTypes; }));
  EndProperly(*daemon);
  EXPECT_TRUE(TakeLetters(world_, 0).empty()) << "once";
  ExpectNothingWaits(world_);
  ExpectEffectsOnce(world_, plan);
  ExpectConsistent(world_);
}

// The active one of two replicas dies in the middle, again and again.
TEST_F(PaymentsChaosTest, ThousandMessagesATenthPoison_ActiveReplicaKilled_TheOtherTakesOver) {
  // Slowly enough that there is a middle.
  world_.flags["consumers-payments-workers"] = "4";
  world_.flags["consumers-payments-prefetch"] = "32";
  std::array<std::unique_ptr<Daemon>, 2> replicas = {NewDaemon(), NewDaemon()};
  const PaymentPlan plan = NewPlan(*replicas[1]);
  constexpr int kKills = 3;
  for (int kill = 1; kill <= kKills; ++kill) {
    // Asked before the wait: the rest would be done while two daemons answer.
    ASSERT_TRUE(Eventually([&] { return Taken(*replicas[0]) > 0 || Taken(*replicas[1]) > 0; }, kPatience));
    const std::size_t active = Taken(*replicas[0]) > 0 ? 0 : 1;
    // One that has just begun does not count yet.
    EXPECT_TRUE(Eventually([&] { return Taken(*replicas[1 - active]) == 0; })) << "two of them consume";
    ASSERT_TRUE(AwaitPayments(static_cast<std::int64_t>(150 * kill + static_cast<int>(random_() % 40))));
    replicas[active]->process().Kill();
    const std::int64_t done = PaymentCount(world_);
    EXPECT_LT(done, PaymentPlan::kOrders) << "there was nothing left to do";
    ASSERT_TRUE(Eventually([&] { return Taken(*replicas[1 - active]) > 0; }, kPatience)) << "nobody takes over";
    // Not waited for: the other one would have handled the rest meanwhile.
    replicas[active] = std::make_unique<Daemon>(world_.Serve());
  }
  ExpectPoisonBuried(world_, plan, Letters::kAtLeastOnce);
  ASSERT_TRUE(AwaitPayments(PaymentPlan::kOrders));
  for (const auto& replica : replicas) EndProperly(*replica);
  ExpectNothingWaits(world_);
  ExpectEffectsOnce(world_, plan);
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
}

// Proved to be there: the handler waits for a row that the test holds, and the dead letter for the broker to take it.
TEST_F(PaymentsChaosTest, KilledInTheMiddleOfAHandlerAndOfALetter_EffectOnceAndLetterNotLost) {
  world_.flags["database-lock-timeout"] = "9s";
  TcpProxy broker(world_.broker.host(), world_.broker.port());
  auto daemon = std::make_unique<Daemon>(
      ServeCommand(world_.database.url(), world_.broker.UrlThrough(broker.port()), world_.flags));
  WaitUntilConsuming(*daemon);
  const Product product = AddProduct(*daemon, 10);
  const order::OrderResponse order = Place(*daemon, product);
  const Json processed = ProcessedOf(order);
  Json poison = ProcessedOf(Place(*daemon, product));
  poison["data"]["amount"] = "1.00";
  world_.broker.AllowRoutingKeys("payment_events.dlx", "^nothing$");
  Publish(world_, {poison});
  ASSERT_TRUE(Eventually(
      [&] {
        return daemon->Get("/readyz").body.find("dead letters of queue logistics_payments are refused") !=
               std::string::npos;
      },
      kPatience));
  const auto session_waits = [&] { return WaitingForLock(world_.database) == 1; };
  {
    OrderLock lock(world_.database, order.id());
    Publish(world_, {processed});
    ASSERT_TRUE(Eventually(session_waits, kPatience));
    daemon->process().Kill();
  }
  ASSERT_TRUE(Eventually([&] { return !session_waits(); }, kPatience));
  EXPECT_EQ(PaymentCount(world_), 0) << "it died before the commit";
  world_.broker.AllowAllRoutingKeys();

  // The next one dies between the commit and the ack: what it says to the broker is lost from now on.
  daemon.reset();
  OrderLock lock(world_.database, order.id());
  daemon = std::make_unique<Daemon>(
      ServeCommand(world_.database.url(), world_.broker.UrlThrough(broker.port()), world_.flags));
  ASSERT_TRUE(Eventually(session_waits, kPatience)) << "it was not given out again";
  broker.SetMode(TcpProxy::Mode::kStall);
  lock.Release();
  ASSERT_TRUE(AwaitPayments(1));
  daemon->WaitUntilReady();
  ASSERT_TRUE(Eventually([&] { return Handled(*daemon, "done") == 1; }, kPatience));
  daemon->process().Kill();
  broker.SetMode(TcpProxy::Mode::kRefuse);

  daemon = NewDaemon();
  EXPECT_TRUE(Eventually([&] { return Handled(*daemon, "done") == 1; }, kPatience)) << "it was not given out again";
  const Answer now = GetOrder(*daemon, order.id());
  EXPECT_EQ(now.order.status(), order::ORDER_STATUS_PROCESSING);
  EXPECT_EQ(now.order.version(), 2);
  EXPECT_EQ(PaymentCount(world_), 1);
  const auto letters = TakeLetters(world_, 1);
  EXPECT_FALSE(letters.empty());
  for (const support::ReceivedMessage& letter : letters) EXPECT_EQ(letter.message_id, IdOf(poison));
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
  EndProperly(*daemon);
  ExpectNothingWaits(world_);
}

TEST_F(PaymentsChaosTest, DatabaseCutInTheMiddle_MessagesWaitAndGoOn) {
  world_.flags["consumers-payments-hand-back-after"] = "1s";
  TcpProxy postgres("127.0.0.1", PortOf(world_.database.url()));
  Daemon daemon(ServeCommand(Through(postgres, world_.database.url()), world_.broker.url(), world_.flags));
  WaitUntilConsuming(daemon);
  constexpr int kOrders = 200;
  const auto orders = PlaceMany(daemon, AddProduct(daemon, kOrders), kOrders);
  std::vector<Json> messages;
  for (const order::OrderResponse& order : orders) messages.push_back(ProcessedOf(order));
  const auto half = messages.begin() + kOrders / 2;
  Publish(world_, {messages.begin(), half});
  ASSERT_TRUE(AwaitPayments(1));
  postgres.SetMode(TcpProxy::Mode::kRefuse);
  Publish(world_, {half, messages.end()});
  const auto says = [&](const std::string& text) {
    return Eventually([&] { return daemon.Get("/readyz").body.find(text) != std::string::npos; }, kPatience);
  };
  EXPECT_TRUE(says("consumer payments: degraded")) << daemon.Get("/readyz").body;
  EXPECT_TRUE(says("nothing is taken, messages wait in queue")) << daemon.Get("/readyz").body;
  EXPECT_LT(PaymentCount(world_), kOrders);
  postgres.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(AwaitPayments(kOrders));
  EXPECT_TRUE(says("consumer payments: up")) << daemon.Get("/readyz").body;
  EndProperly(daemon);
  EXPECT_EQ(PaymentCount(world_), kOrders);
  EXPECT_EQ(world_.database.QueryNumber("SELECT count(*) FROM orders WHERE status = 'processing' AND version = 2"),
            kOrders);
  EXPECT_TRUE(TakeLetters(world_, 0).empty());
  ExpectNothingWaits(world_);
  ExpectConsistent(world_);
}

constexpr std::size_t kWorkers = 4;

// Keeps as many orders locked as there are workers, whose first messages are the ones from `from` on: the consumer
// cannot pass them.
std::vector<std::unique_ptr<OrderLock>> BlockConsumer(const World& world, const PaymentPlan& plan, std::size_t from) {
  std::set<std::string> seen;
  std::vector<std::unique_ptr<OrderLock>> locks;
  for (std::size_t i = 0; locks.size() < kWorkers; ++i) {
    if (plan.poison.contains(plan.messages.at(i).message_id)) continue;
    const std::string order = Json::parse(plan.messages[i].body)["data"]["order_id"];
    if (seen.insert(order).second && i >= from) locks.push_back(std::make_unique<OrderLock>(world.database, order));
  }
  return locks;
}

class PaymentsOutageTest : public testing::Test {
 protected:
  const std::uint64_t seed_ = fakes::TestSeed();
  const testing::ScopedTrace trace_{__FILE__, __LINE__, "LOGISTICS_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  OwnStack stack_;
  World world_;
};

// Each time handlers are at work, more messages are in hand, and more in the queue.
TEST_F(PaymentsOutageTest, BrokerAndPostgresCrashedInTheMiddle_EachHasItsEffectOrItsLetter) {
  world_.flags = kPlanFlags;
  world_.flags["database-lock-timeout"] = "9s";
  world_.flags["consumers-payments-workers"] = std::to_string(kWorkers);
  Daemon daemon(world_.Serve());
  WaitUntilConsuming(daemon);
  const Product product = AddProduct(daemon, PaymentPlan::kOrders);
  const PaymentPlan plan(PlaceMany(daemon, product, PaymentPlan::kOrders), random_);
  const auto handlers_wait = [&] { return WaitingForLock(world_.database) > 0; };
  auto first = BlockConsumer(world_, plan, 300);
  auto second = BlockConsumer(world_, plan, 600);
  support::TestPublisher(world_.broker.url()).Publish(plan.messages);
  ASSERT_TRUE(Eventually(handlers_wait, kPatience));
  stack_.CrashRabbitMq();
  first.clear();
  EXPECT_TRUE(Eventually(
      [&] { return daemon.Get("/readyz").body.find("consumer payments: degraded") != std::string::npos; }, kPatience));
  stack_.StartRabbitMq();
  ASSERT_TRUE(Eventually(handlers_wait, kPatience)) << "it does not consume again by itself";
  stack_.CrashPostgres();
  second.clear();

  ExpectPoisonBuried(world_, plan, Letters::kAtLeastOnce);
  EXPECT_TRUE(Eventually([&] { return PaymentCount(world_) >= PaymentPlan::kOrders; }, kPatience));
  EndProperly(daemon);
  ExpectNothingWaits(world_);
  ExpectEffectsOnce(world_, plan);
  ExpectConsistent(world_);
}

}  // namespace
}  // namespace logistics::e2e
