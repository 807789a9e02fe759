// `outbox.unroutable: drop`, and queues that come and go.
#include "integration/messaging/relay_fixture.hpp"
#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

using support::TestConsumer;

class RelayUnroutableTest : public RelayFixture {
 protected:
  RelayUnroutableTest() {
    options_.queues = {};
    options_.redeclare_interval = absl::Milliseconds(200);
  }

  // The relay publishes one event to a queue of somebody else.
  void StartWithTheQueueOfOthers() {
    StartRelay();
    ASSERT_TRUE(WaitUntilUp());
    DeclareTheQueueOfOthers();
    Commit(NextOf(1));
    ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
    ASSERT_EQ(Published("confirmed"), 1);
  }
  void DeclareTheQueueOfOthers() {
    broker_.DeclareQueue("theirs", nlohmann::json::object());
    broker_.Bind("theirs", options_.order_exchange, "#");
  }
};

TEST_F(RelayUnroutableTest, Drop_QueueThatIsDeclaredAgain_GetsTheEventsOfMeanwhile) {
  StartWithTheQueueOfOthers();
  broker_.DeleteQueue("theirs");
  Commit(NextOf(1));
  Commit(NextOf(1));
  Commit(NextOf(2));
  ASSERT_TRUE(outbox_.WaitForQuarantinedRows(3, kLongWait));
  DeclareTheQueueOfOthers();
  TestConsumer consumer(broker_.url(), "theirs");
  EXPECT_EQ(consumer.Take(3).size(), 3U);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
}

TEST_F(RelayUnroutableTest, Drop_NextLeader_KnowsWhatWasRoutable) {
  StartWithTheQueueOfOthers();
  relay_->Stop(absl::Now() + kLongWait);
  broker_.DeleteQueue("theirs");
  relay_ = NewRelay(2);
  relay_->Start();
  Commit(NextOf(1));
  EXPECT_TRUE(outbox_.WaitForQuarantinedRows(1, kLongWait));
  EXPECT_EQ(Published("confirmed"), 1);
}

TEST_F(RelayUnroutableTest, Drop_AfterTheGrace_IsDroppedAndTheNextOnesAtOnce) {
  options_.unroutable_grace = absl::Milliseconds(500);
  StartWithTheQueueOfOthers();
  broker_.DeleteQueue("theirs");
  Commit(NextOf(1));
  ASSERT_TRUE(outbox_.WaitForQuarantinedRows(1, kLongWait));
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(metrics_.Value("logistics_publish_refused_total",
                           {{"result", "dropped"}, {"exchange", "order_events"}, {"routing_key", "order.created"}}),
            1);
  const double returned = Published("returned");
  Commit(NextOf(1));
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(Published("returned"), returned + 1);
}

}  // namespace
}  // namespace logistics::messaging
