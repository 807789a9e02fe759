// Who is the relay, and what happens when the database does not answer.
#include "integration/messaging/relay_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::messaging {
namespace {

using ports::HealthState;
using support::TestConsumer;

class RelayLeaseTest : public RelayFixture {};

TEST_F(RelayLeaseTest, StoppedHolder_IsFollowedByTheOtherReplicaAtOnce) {
  options_.lease_ttl = absl::Hours(1);
  StartRelay();
  ASSERT_TRUE(outbox_.WaitForHolder(1, kLongWait));
  const std::unique_ptr<Relay> second = NewRelay(2);
  second->Start();
  CommitRounds(20, 10);
  relay_->Stop(absl::Now() + kLongWait);
  ASSERT_TRUE(outbox_.WaitForHolder(2, kLongWait));
  CommitRounds(20, 10);
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, 40, 10);
}

TEST_F(RelayLeaseTest, LostLease_ForgetsWhatWasInFlightAndStartsAgainFromTheOutbox) {
  options_.lease_ttl = absl::Milliseconds(600);
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  CommitRounds(5, 5);
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  outbox_.GiveLeaseTo(9);
  CommitRounds(5, 5);
  ASSERT_TRUE(support::Eventually([&] { return metrics_.Value("logistics_relay_leader") == 0; }));
  EXPECT_GT(outbox_.rows(), 0U) << "it may not delete what is another's to tell";
  outbox_.GiveLeaseTo(0);
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, 10, 5);
  EXPECT_TRUE(outbox_.lost().empty());
}

TEST_F(RelayLeaseTest, DatabaseAway_WaitsAndGoesOn) {
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  CommitRounds(5, 5);
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  outbox_.SetUnavailable(true);
  CommitRounds(5, 5);
  ASSERT_TRUE(health_.WaitForState("relay", HealthState::kDegraded, kLongWait));
  outbox_.SetUnavailable(false);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_TRUE(health_.WaitForState("relay", HealthState::kUp, kLongWait));
  TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, 10, 5);
}

TEST_F(RelayLeaseTest, DatabaseCrashed_RowsThatCameBackAreToldAgainAndDeleted) {
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  CommitRounds(5, 5);
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  outbox_.SetUnavailable(true);
  ASSERT_TRUE(health_.WaitForState("relay", HealthState::kDegraded, kLongWait));
  outbox_.LoseDeletes();
  outbox_.SetUnavailable(false);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  CommitRounds(5, 5);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, 10, 5);
}

TEST_F(RelayLeaseTest, HolderWithoutABroker_LeavesTheLeaseToOneThatHasOne) {
  support::TcpProxy proxy(broker_.host(), broker_.port());
  options_.lease_ttl = absl::Milliseconds(500);
  const BrokerOptions direct = options_;
  options_.urls = {broker_.UrlThrough(proxy.port())};
  StartRelay();
  ASSERT_TRUE(outbox_.WaitForHolder(1, kLongWait));
  ASSERT_TRUE(WaitUntilUp());
  options_ = direct;
  const std::unique_ptr<Relay> second = NewRelay(2);
  second->Start();
  proxy.SetMode(support::TcpProxy::Mode::kRefuse);
  EXPECT_TRUE(outbox_.WaitForHolder(2, kLongWait));
  CommitRounds(3, 3);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
}

}  // namespace
}  // namespace logistics::messaging
