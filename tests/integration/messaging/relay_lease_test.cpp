// The relay's lease, and databases that are slow or unavailable.
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
  EXPECT_GT(outbox_.rows(), 0U) << "it may not delete the rows of another leader";
  outbox_.GiveLeaseTo(0);
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, 10, 5);
  EXPECT_TRUE(outbox_.lost().empty());
}

TEST_F(RelayLeaseTest, LeaseRanOutDuringADatabaseCall_NothingIsPublished) {
  options_.lease_ttl = absl::Milliseconds(600);
  // A quarantined message is read before the others, so it is ready to be published while the call for them lasts.
  fakes::MemoryOutbox earlier(outbox_, 1);
  Commit(NextOf(1));
  ASSERT_TRUE(*earlier.AcquireLease(options_.lease_ttl));
  ASSERT_TRUE(earlier.Quarantine(earlier.ReadAfter({}, 1)->messages, "unroutable").ok());
  Commit(NextOf(2));

  auto slow = std::make_unique<fakes::MemoryOutbox>(outbox_, 1);
  slow->BeforeAnswers([&](std::size_t messages) { EXPECT_TRUE(messages == 0 || outbox_.WaitForHolder(2, kLongWait)); });
  fakes::CountingMetrics slow_metrics;
  fakes::RecordingHealth slow_health;
  Relay first(std::move(slow), routed_keys_, options_, slow_metrics, slow_health);
  first.Start();
  ASSERT_TRUE(slow_health.WaitForState("broker", HealthState::kUp, kLongWait));
  relay_ = NewRelay(2);
  relay_->Start();
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  ASSERT_TRUE(support::Eventually([&] { return slow_metrics.Value("logistics_relay_leader") == 0; }));
  first.Stop(absl::Now());
  Commit(NextOf(3));
  TestConsumer consumer(broker_.url(), "all");
  for (const char* key : {"1", "2", "3"}) EXPECT_EQ(consumer.Next()->correlation_id, key) << "each once";
}

TEST_F(RelayLeaseTest, DatabaseUnavailable_WaitsAndGoesOn) {
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

TEST_F(RelayLeaseTest, DatabaseCrashed_RowsThatCameBackArePublishedAgainAndDeleted) {
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
