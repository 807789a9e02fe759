// Orders in the making where it takes a database; what the port promises is in the saga contract suite.
#include <atomic>
#include <mutex>

#include "integration/storage/intent_fixture.hpp"

namespace logistics::storage {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

class IntentStoreTest : public IntentFixture {
 protected:
  IntentStoreTest() : replica_(NewReplica(PeerOptions())) {}
  Database& database() { return replica_->database(); }

  std::unique_ptr<Replica> replica_;
};

TEST_F(IntentStoreTest, Open_StoresTheIntentAndNoOrder) {
  const domain::NewOrder order = Opened(database(), 2, "key");
  EXPECT_EQ(StateOf(order), "intent");
  EXPECT_EQ(Orders(), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM outbox_events"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM intent_keys"), 1);
  EXPECT_EQ(Text("SELECT cardinality(product_ids) || ' x ' || quantities[1] FROM reservations"), "2 x 2");
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, Complete_StoresOrderHistoryAndEvents) {
  const domain::NewOrder order = Opened(database(), 2, "key");
  ASSERT_OK_AND_ASSIGN(const domain::Order made,
                       database().intents().Complete(order, {"correlation", "", absl::InfiniteFuture()}));
  EXPECT_EQ(made.lines, order.order.lines);
  EXPECT_THAT(database().orders().Get(made.id, {}), IsOkAndHolds(made));
  EXPECT_EQ(StateOf(order), "held");
  EXPECT_EQ(EventsOf(order), "OrderCreated, InventoryReserved");
  EXPECT_EQ(Text("SELECT DISTINCT correlation_id FROM outbox_events"), "correlation");
  EXPECT_EQ(StepsOf(order), "none");
  EXPECT_EQ(Number("SELECT count(*) FROM intent_keys"), 0);
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, CompleteAfterAbandon_StoresNothing) {
  const domain::NewOrder order = Opened(database(), 1, "key");
  EXPECT_THAT(Abandon(database(), order, true), IsOkAndHolds(true));
  EXPECT_THAT(database().intents().Complete(order, {}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(StateOf(order), "released");
  EXPECT_EQ(StepsOf(order), "release, release_again");
  EXPECT_EQ(Orders(), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM order_status_history") + Number("SELECT count(*) FROM outbox_events"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM idempotency_keys"), 0);
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, AbandonAfterComplete_LeavesTheOrderItsHold) {
  const domain::NewOrder order = Made(database(), 1, "key");
  EXPECT_THAT(Abandon(database(), order), IsOkAndHolds(false));
  EXPECT_THAT(Abandon(database(), order, true), IsOkAndHolds(false));
  EXPECT_EQ(StateOf(order), "held");
  EXPECT_EQ(StepsOf(order), "none");
  ExpectPeerConsistent();
}

// The maker got an unknown outcome and abandons; the lost transaction commits meanwhile.
TEST_F(IntentStoreTest, AbandonWhileACompleteOfALostConnectionCommits_LeavesTheOrderItsHold) {
  const domain::NewOrder order = Opened(database());
  Session lost(Options(), SessionUse::kQueries);
  lost.Begin();
  lost.Script("UPDATE reservations SET state = 'held' WHERE id = '" + order.order.id.ToString() + "'");
  {
    std::jthread abandon([&] { EXPECT_THAT(Abandon(database(), order), IsOkAndHolds(false)); });
    EXPECT_TRUE(Eventually([&] {
      return Number(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "wait_event_type = 'Lock'") == 1;
    }));
    lost.Script("COMMIT");
  }
  EXPECT_EQ(StateOf(order), "held");
  EXPECT_EQ(StepsOf(order), "none");
}

TEST_F(IntentStoreTest, CompletedAndGivenUpByTwoReplicasAtOnce_IsOneOfBoth) {
  const auto other = NewReplica(PeerOptions());
  int made = 0;
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    const domain::NewOrder order = Opened(database(), 1, round % 2 == 0 ? "key" : "");
    absl::StatusOr<domain::Order> completed;
    absl::StatusOr<bool> abandoned;
    AtOnce(2, [&](int i) {
      if (i == 0) {
        completed = database().intents().Complete(order, {});
      } else {
        abandoned = Abandon(other->database(), order, true);
      }
    });
    ASSERT_THAT(abandoned, IsOk());
    EXPECT_NE(completed.ok(), *abandoned);
    EXPECT_EQ(Exists(order.order.id), completed.ok());
    EXPECT_EQ(StateOf(order), completed.ok() ? "held" : "released");
    EXPECT_EQ(StepsOf(order), completed.ok() ? "none" : "release, release_again");
    made += completed.ok() ? 1 : 0;
    // The key of this round is for the next.
    database_.Query("DELETE FROM idempotency_keys");
  }
  EXPECT_EQ(Orders(), made);
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, OneKeyAtTwoReplicas_IsOpenedOnce) {
  const auto other = NewReplica(PeerOptions());
  for (int round = 0; round < 20; ++round) {
    const std::string key = "key " + std::to_string(round);
    const domain::NewOrder order = PeerOrder(1, key);
    std::atomic<int> opened = 0;
    AtOnce(8, [&](int i) {
      domain::NewOrder mine = order;
      mine.order.id = domain::OrderId(ids_.NewId());
      const auto answer = (i % 2 == 0 ? *replica_ : *other).database().intents().Open(mine, {});
      ASSERT_THAT(answer, IsOk());
      using Outcome = ports::IntentAnswer::Outcome;
      EXPECT_THAT(answer->outcome, testing::AnyOf(Outcome::kOpened, Outcome::kPending));
      if (answer->outcome == Outcome::kOpened) ++opened;
    });
    EXPECT_EQ(opened, 1);
  }
  EXPECT_EQ(Number("SELECT count(*) FROM reservations"), 20);
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, KeyThatIsFreedAndTakenAtOnce_LeadsToWhatLives) {
  const auto other = NewReplica(PeerOptions());
  domain::NewOrder living = Opened(database(), 1, "key");
  for (int round = 0; round < 20; ++round) {
    domain::NewOrder next = living;
    next.order.id = domain::OrderId(ids_.NewId());
    AtOnce(2, [&](int i) {
      if (i == 0) {
        EXPECT_THAT(Abandon(database(), living), IsOkAndHolds(true));
        return;
      }
      EXPECT_TRUE(Eventually([&] {
        const auto answer = other->database().intents().Open(next, {});
        return answer.ok() && answer->outcome == ports::IntentAnswer::Outcome::kOpened;
      }));
    });
    EXPECT_EQ(Text("SELECT order_id FROM idempotency_keys"), next.order.id.ToString());
    living = next;
  }
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, Left_IsByPostgresClock) {
  const domain::NewOrder old = Opened(database());
  Opened(database());
  database_.Query("UPDATE reservations SET created_at = now() - interval '61 seconds' WHERE id = '" +
                  old.order.id.ToString() + "'");
  EXPECT_THAT(database().intents().Left(absl::Seconds(60), 10), IsOkAndHolds(ElementsAre(old.order.id.uuid())));
  EXPECT_THAT(database().intents().Left(absl::Seconds(62), 10), IsOkAndHolds(IsEmpty()));
}

// Batches of all kinds at once: many intents in one transaction, each with its own end.
TEST_F(IntentStoreTest, ManyAtOnce_EachComesToItsOwnEnd) {
  constexpr int kOrders = 64;
  AtOnce(kOrders, [&](int i) {
    const domain::NewOrder order = Opened(database(), 1 + i % 3, i % 2 == 0 ? "key " + std::to_string(i) : "");
    if (i % 4 < 2) {
      EXPECT_THAT(database().intents().Complete(order, {}), IsOk());
    } else {
      EXPECT_THAT(Abandon(database(), order), IsOkAndHolds(true));
    }
  });
  EXPECT_EQ(Orders(), kOrders / 2);
  EXPECT_EQ(Number("SELECT count(*) FROM settlements WHERE steps = '{release,release_again}'"), kOrders / 2);
  EXPECT_EQ(Number("SELECT count(*) FROM idempotency_keys"), kOrders / 4);
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, Cancel_LeavesARelease) {
  const domain::NewOrder order = Made(database(), 2);
  Walk(database(), order, {OrderStatus::kCancelled});
  EXPECT_EQ(StateOf(order), "released");
  EXPECT_EQ(StepsOf(order), "release");
  EXPECT_EQ(EventsOf(order), "OrderCreated, InventoryReserved, OrderStatusChanged, OrderCancelled, InventoryReleased");
  EXPECT_THAT(Abandon(database(), order), IsOkAndHolds(false)) << "it is an order, whatever became of it";
  Walk(database(), order, {OrderStatus::kCancelled});
  EXPECT_EQ(StepsOf(order), "release") << "once";
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, ShipAndReturn_LeaveACommitAndTheRestocks) {
  const domain::NewOrder order = Made(database(), 3);
  Walk(database(), order, {OrderStatus::kProcessing, OrderStatus::kShipped});
  EXPECT_EQ(StateOf(order), "committed");
  EXPECT_EQ(StepsOf(order), "commit");
  Walk(database(), order, {OrderStatus::kDelivered, OrderStatus::kReturned});
  EXPECT_EQ(StateOf(order), "restocked");
  EXPECT_EQ(StepsOf(order), "commit, restock 0, restock 1, restock 2");
  EXPECT_EQ(EventsOf(order),
            "OrderCreated, InventoryReserved, OrderStatusChanged, OrderStatusChanged, OrderStatusChanged, "
            "OrderStatusChanged")
      << "the peer publishes the quantities";
  ExpectPeerConsistent();
}

TEST_F(IntentStoreTest, CancelAfterAnEarlyCommit_RestocksBehindTheCommitOnce) {
  const auto early = NewReplica(PeerOptions(domain::CommitOn::kCreated));
  const domain::NewOrder order = Made(early->database(), 2);
  EXPECT_EQ(StateOf(order), "committed");
  EXPECT_EQ(StepsOf(order), "commit");
  AtOnce(4, [&](int i) { Walk((i % 2 == 0 ? *early : *replica_).database(), order, {OrderStatus::kCancelled}); });
  EXPECT_EQ(StateOf(order), "restocked");
  EXPECT_EQ(StepsOf(order), "commit, restock 0, restock 1");
  ExpectPeerConsistent();
}

}  // namespace
}  // namespace logistics::storage
