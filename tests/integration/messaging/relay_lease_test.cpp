// The relay's lease, and databases that are slow or unavailable.
#include <poll.h>

#include <atomic>

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

// However long the database lets the relay wait: here longer than the broker waits for a sign of life.
TEST_F(RelayLeaseTest, DatabaseThatHangs_DoesNotCostTheBrokersConnection) {
  options_.heartbeat = absl::Seconds(1);
  options_.lease_ttl = absl::Hours(1);
  std::atomic<bool> hangs = false;
  std::atomic<bool> waits = false;
  auto outbox = std::make_unique<fakes::MemoryOutbox>(outbox_, 1);
  outbox->BeforeAnswers([&](std::size_t /*messages*/) {
    waits = hangs.load();
    support::Eventually([&] { return !hangs; }, kLongWait);
  });
  relay_ = std::make_unique<Relay>(std::move(outbox), routed_keys_, options_, metrics_, health_);
  relay_->Start();
  ASSERT_TRUE(WaitUntilUp());
  Commit(NextOf(1));
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  hangs = true;
  Commit(NextOf(1));
  ASSERT_TRUE(support::Eventually([&] { return waits.load(); }));
  // Another connection gives no sign of life from now on. When the broker has ended it, the relay's was due before.
  SocketWatchdog watchdog(options_.operation_timeout);
  const auto silent = Connection::Open(options_, *ParseBrokerUrl(broker_.url()), "silent", watchdog);
  ASSERT_TRUE(silent.ok()) << silent.status();
  pollfd ended{(*silent)->fd(), POLLRDHUP, 0};
  ASSERT_EQ(::poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(kLongWait))), 1);
  hangs = false;
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(metrics_.Value("logistics_broker_reconnects_total"), 0);
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
