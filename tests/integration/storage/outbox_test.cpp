#include "storage/outbox/postgres_outbox.hpp"

#include <gmock/gmock.h>

#include <set>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::OutboxMessage;
using ports::OutboxPosition;
using testing::IsEmpty;
using testing::SizeIs;

constexpr absl::Duration kLong = absl::Minutes(5);
constexpr absl::Duration kShort = absl::Milliseconds(50);

class OutboxTest : public StorageFixture {
 protected:
  OutboxTest()
      : replica_(NewReplica()),
        product_(ProductWith(replica_->database(), 1'000)),
        ours_(Options(), ids_.NewId()),
        theirs_(Options(), ids_.NewId()) {}

  // Orders of a commit each, two events an order; with the delivery of the stock before them.
  void PlaceOrders(int count) {
    for (int i = 0; i < count; ++i) ASSERT_THAT(Create(replica_->database(), OrderOf(product_, 1)), IsOk());
  }
  std::vector<OutboxMessage> All(const OutboxPosition& after = {}) {
    const auto page = ours_.ReadAfter(after, 1'000);
    EXPECT_THAT(page, IsOk());
    return page.ok() ? page->messages : std::vector<OutboxMessage>();
  }
  std::int64_t Rows() const { return Number("SELECT count(*) FROM outbox"); }
  OutboxPosition Start() const {
    return {Number("SELECT number FROM outbox_position"),
            static_cast<std::int32_t>(Number("SELECT ordinal FROM outbox_position"))};
  }
  std::string Text(const std::string& sql) { return database_.Query(sql)[0][0].as<std::string>(); }
  static std::vector<OutboxPosition> Positions(const std::vector<OutboxMessage>& messages) {
    std::vector<OutboxPosition> positions;
    for (const OutboxMessage& message : messages) positions.push_back(message.position);
    return positions;
  }

  // Nothing of what a holder may write is done, and it is told why.
  void ExpectFenced(PostgresOutbox& outbox) {
    const OutboxPosition start = outbox.StartPosition().value();
    const std::vector<OutboxMessage> messages = outbox.ReadAfter({}, 1'000)->messages;
    ASSERT_FALSE(messages.empty());
    EXPECT_THAT(outbox.DeleteConfirmed(messages, messages.back().position),
                StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(outbox.Quarantine(messages, "unroutable"), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_EQ(Positions(All()), Positions(messages));
    EXPECT_EQ(Start(), start);
    EXPECT_EQ(Number("SELECT count(*) FROM outbox_quarantine"), 0);
  }

  std::unique_ptr<Replica> replica_;
  domain::ProductId product_;
  PostgresOutbox ours_;
  PostgresOutbox theirs_;
};

TEST_F(OutboxTest, Lease_IsExclusiveRenewableAndGivenBack) {
  EXPECT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  EXPECT_THAT(theirs_.AcquireLease(kLong), IsOkAndHolds(false));
  EXPECT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  EXPECT_THAT(theirs_.ReleaseLease(), IsOk());  // not theirs to give
  EXPECT_THAT(theirs_.AcquireLease(kLong), IsOkAndHolds(false));
  EXPECT_THAT(ours_.ReleaseLease(), IsOk());
  EXPECT_THAT(theirs_.AcquireLease(kLong), IsOkAndHolds(true));
  EXPECT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(false));
}

TEST_F(OutboxTest, ExpiredLease_IsTakenOverAndTheOldHolderWritesNothing) {
  PlaceOrders(2);
  ASSERT_THAT(ours_.AcquireLease(kShort), IsOkAndHolds(true));
  EXPECT_TRUE(Eventually([&] { return theirs_.AcquireLease(kLong).value_or(false); }));
  ExpectFenced(ours_);
  EXPECT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(false));
  const auto page = theirs_.ReadAfter({}, 100);
  ASSERT_FALSE(page->messages.empty());
  EXPECT_THAT(theirs_.DeleteConfirmed(page->messages, page->position), IsOk());
  EXPECT_EQ(Rows(), 0);
}

// Nobody has taken over yet: it is over all the same, until it is renewed.
TEST_F(OutboxTest, ExpiredLeaseThatNobodyTook_IsNoLeaseUntilItIsRenewed) {
  PlaceOrders(1);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  database_.Query("UPDATE leases SET expires_at = clock_timestamp() - interval '1 millisecond'");
  ExpectFenced(ours_);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  const std::vector<OutboxMessage> messages = All();
  ASSERT_FALSE(messages.empty());
  EXPECT_THAT(ours_.DeleteConfirmed(messages, messages.back().position), IsOk());
}

TEST_F(OutboxTest, WithoutTheLease_WritesNothing) {
  PlaceOrders(1);
  ExpectFenced(theirs_);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  ExpectFenced(theirs_);
}

TEST_F(OutboxTest, ReadAfter_GivesEveryEventInTheOneOrderPageByPage) {
  PlaceOrders(4);
  const std::vector<OutboxMessage> all = All();
  ASSERT_EQ(all.size(), 1U + 2U * 4U);  // the delivery, then two an order
  EXPECT_TRUE(
      std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.position < b.position; }));
  EXPECT_EQ(all[0].event_type, "InventoryUpdated");
  EXPECT_EQ(all[1].event_type, "OrderCreated");
  EXPECT_EQ(all[2].event_type, "InventoryReserved");
  EXPECT_EQ(all[1].position.number, all[2].position.number);
  EXPECT_LT(all[2].position.number, all[3].position.number);

  for (const int page_size : {1, 2, 4}) {
    std::vector<OutboxPosition> paged;
    OutboxPosition position;
    for (;;) {
      const auto page = ours_.ReadAfter(position, page_size);
      ASSERT_THAT(page, IsOk());
      for (const OutboxPosition& place : Positions(page->messages)) paged.push_back(place);
      position = page->position;
      if (!page->more) break;
    }
    EXPECT_EQ(paged, Positions(all)) << "pages of " << page_size;
  }
}

TEST_F(OutboxTest, Message_CarriesWhatWasDecidedAndWhoCaused) {
  const domain::NewOrder order = OrderOf(product_, 1);
  ASSERT_THAT(replica_->database().orders().Create(order, {"corr-1", "00-trace-01", absl::InfiniteFuture()}), IsOk());
  const OutboxMessage message = All()[1];
  EXPECT_EQ(message.stream, domain::EventStream::kOrder);
  EXPECT_EQ(message.routing_key, "order.created");
  EXPECT_EQ(message.correlation_id, "corr-1");
  EXPECT_EQ(message.traceparent, "00-trace-01");
  EXPECT_EQ(message.ordering_key.order_id, order.order.id);
  EXPECT_FALSE(message.ordering_key.product_id.has_value());
  EXPECT_EQ(message.body, "{\"id\":\"" + message.message_id.ToString() + "\"}");
  ASSERT_TRUE(encoder_.Find(message.message_id).has_value());
}

TEST_F(OutboxTest, Confirmed_AreDeletedAndTheStartNeverMovesBack) {
  PlaceOrders(3);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  EXPECT_EQ(ours_.StartPosition().value(), OutboxPosition());
  const std::vector<OutboxMessage> all = All();

  // Confirmed out of order: the second is still out, so the start stays before it.
  EXPECT_THAT(ours_.DeleteConfirmed({all[0], all[2]}, all[0].position), IsOk());
  EXPECT_EQ(Start(), all[0].position);
  EXPECT_EQ(Positions(All(Start())).front(), all[1].position);
  EXPECT_EQ(Rows(), 3) << "the delivery is gone; a part goes when all of it is confirmed";

  EXPECT_THAT(ours_.DeleteConfirmed({all[1], all[2]}, all[2].position), IsOk());
  EXPECT_EQ(Rows(), 2);
  EXPECT_THAT(ours_.DeleteConfirmed({}, all[0].position), IsOk());
  EXPECT_THAT(ours_.DeleteConfirmed({all[1]}, OutboxPosition()), StatusIs(absl::StatusCode::kUnavailable))
      << "it was confirmed already";
  EXPECT_EQ(Start(), all[2].position);
  EXPECT_EQ(Rows(), 2);
}

TEST_F(OutboxTest, Quarantined_LeaveTheReadAndAreFoundUntilDeleted) {
  PlaceOrders(2);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  const std::vector<OutboxMessage> all = All();
  EXPECT_THAT(ours_.Quarantine({all[1], all[3]}, "unroutable"), IsOk());
  EXPECT_EQ(Positions(All()), (std::vector<OutboxPosition>{all[0].position, all[2].position, all[4].position}));
  const auto quarantined = ours_.ReadQuarantined({}, 1);
  ASSERT_THAT(quarantined, IsOk());
  EXPECT_EQ(Positions(*quarantined), std::vector<OutboxPosition>{all[1].position});
  EXPECT_EQ(Positions(ours_.ReadQuarantined(all[1].position, 10).value()),
            std::vector<OutboxPosition>{all[3].position});
  EXPECT_EQ(Number("SELECT count(*) FROM outbox_quarantine WHERE reason = 'unroutable'"), 2);
  EXPECT_TRUE(quarantined->front().quarantined);
  EXPECT_EQ(quarantined->front().body, all[1].body);
  EXPECT_EQ(quarantined->front().ordering_key.order_id, all[1].ordering_key.order_id);
  EXPECT_EQ(quarantined->front().committed_at, all[1].committed_at);

  EXPECT_THAT(ours_.DeleteConfirmed({quarantined->front()}, all[4].position), IsOk());
  EXPECT_EQ(Positions(ours_.ReadQuarantined({}, 10).value()), std::vector<OutboxPosition>{all[3].position});
}

TEST_F(OutboxTest, QuarantinedTwice_CountsOnce) {
  PlaceOrders(1);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  const std::vector<OutboxMessage> all = All();
  EXPECT_THAT(ours_.Quarantine({all[1]}, "unroutable"), IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(ours_.Quarantine({all[1]}, "nacked"), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(Number("SELECT count(*) FROM outbox_quarantine"), 1);
}

TEST_F(OutboxTest, LastEventOfAPart_InQuarantine_TakesThePartWithIt) {
  PlaceOrders(1);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  const std::vector<OutboxMessage> all = All();
  ASSERT_THAT(ours_.DeleteConfirmed({all[0], all[1]}, all[1].position), IsOk());
  EXPECT_EQ(Rows(), 1);
  ASSERT_THAT(ours_.Quarantine({all[2]}, "unroutable"), IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(Rows(), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM outbox_quarantine"), 1);
}

// A relay that crashes after any of its statements, three times in a row: no event is lost, and none is counted twice.
TEST_F(OutboxTest, CrashesAfterEachStatement_LoseNothingAndCountNothingTwice) {
  PlaceOrders(3);
  std::set<domain::Uuid> all;
  for (const OutboxMessage& message : All()) all.insert(message.message_id);
  for (int crash = 0; crash < 3; ++crash) {
    PostgresOutbox relay(Options(), ids_.NewId());
    ASSERT_TRUE(Eventually([&] { return relay.AcquireLease(kLong).value_or(false); }));
    const auto start = relay.StartPosition();
    const auto page = relay.ReadAfter(start.value(), 100);
    ASSERT_THAT(page, IsOk());
    for (const OutboxMessage& message : page->messages) {
      EXPECT_EQ(
          Number("SELECT count(*) FROM outbox_quarantine WHERE message_id = '" + message.message_id.ToString() + "'"),
          0)
          << "an event in quarantine is not read again";
    }
    // The second event of an order goes aside in each life; then the process is gone.
    ASSERT_GE(page->messages.size(), 2U);
    EXPECT_THAT(relay.Quarantine({page->messages[1]}, "nacked"), IsOkAndHolds(SizeIs(1)));
    ASSERT_THAT(relay.ReleaseLease(), IsOk());
  }
  std::set<domain::Uuid> left;
  PostgresOutbox relay(Options(), ids_.NewId());
  ASSERT_TRUE(Eventually([&] { return relay.AcquireLease(kLong).value_or(false); }));
  const auto page = relay.ReadAfter(relay.StartPosition().value(), 100);
  const auto quarantined = relay.ReadQuarantined({}, 100);
  for (const OutboxMessage& message : page->messages) EXPECT_TRUE(left.insert(message.message_id).second);
  for (const OutboxMessage& message : *quarantined) EXPECT_TRUE(left.insert(message.message_id).second);
  EXPECT_EQ(left, all);

  std::vector<OutboxMessage> confirmed = page->messages;
  confirmed.insert(confirmed.end(), quarantined->begin(), quarantined->end());
  EXPECT_THAT(relay.DeleteConfirmed(confirmed, page->position), IsOk());
  EXPECT_EQ(Rows() + Number("SELECT count(*) FROM outbox_quarantine"), 0);
}

TEST_F(OutboxTest, RowsThatAreGone_MoveNothing) {
  PlaceOrders(2);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  const std::vector<OutboxMessage> all = All();
  database_.Query("DELETE FROM outbox WHERE batch_id = '" + all[1].batch_id.ToString() + "'");
  EXPECT_THAT(ours_.DeleteConfirmed(all, all.back().position), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ours_.StartPosition().value(), OutboxPosition()) << "the relay starts over from here";
}

TEST_F(OutboxTest, CommitsWithoutEvents_AreLookedAtOnce) {
  PlaceOrders(1);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  database_.Query(
      "INSERT INTO commits (batch_id, number, committed_at) SELECT gen_random_uuid(), c.value + n, now() FROM "
      "change_counter c, generate_series(1, 50) n");
  const auto page = ours_.ReadAfter({}, 1'000);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->position, (OutboxPosition{Number("SELECT value FROM change_counter"), OutboxPosition::kEndOfCommit}));
  EXPECT_FALSE(page->more);
  EXPECT_THAT(ours_.DeleteConfirmed(page->messages, page->position), IsOk());
  EXPECT_EQ(Number("SELECT number FROM outbox_position"), Number("SELECT value FROM change_counter"));
}

TEST_F(OutboxTest, PartThatIsPartlyConfirmed_IsReplacedByWhatIsOpen) {
  PlaceOrders(1);
  PostgresOutbox relay(Options(), ids_.NewId(), std::chrono::milliseconds(0));
  ASSERT_THAT(relay.AcquireLease(kLong), IsOkAndHolds(true));
  const auto page = relay.ReadAfter({}, 100);
  ASSERT_EQ(page->messages.size(), 3U);
  ASSERT_THAT(relay.DeleteConfirmed({page->messages[1]}, {}), IsOk());
  ASSERT_THAT(relay.ReadAfter(page->position, 100), IsOk());
  EXPECT_EQ(Text("SELECT string_agg(event_type, ',') FROM outbox_events WHERE batch_id = '" +
                 page->messages[1].batch_id.ToString() + "'"),
            "InventoryReserved")
      << "a crash from now on sends this one again, and not the other";
  EXPECT_THAT(relay.DeleteConfirmed({page->messages[0], page->messages[2]}, page->messages[2].position), IsOk());
  EXPECT_EQ(Rows(), 0);
}

TEST_F(OutboxTest, EventOfAStreamThatIsNotKnown_GoesToQuarantineAndStopsNothing) {
  PlaceOrders(2);
  database_.Query(
      "UPDATE outbox SET events = replace(events::text, encode('order'::bytea, 'hex') || '0000000d', "
      "encode('odder'::bytea, 'hex') || '0000000d')::bytea WHERE batch_id IN "
      "(SELECT batch_id FROM outbox_events WHERE event_type = 'OrderCreated' LIMIT 1)");
  ASSERT_EQ(Number("SELECT count(*) FROM outbox_events WHERE stream = 'odder'"), 1);
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  const std::vector<OutboxMessage> read = All();
  EXPECT_EQ(read.size(), 4U);
  EXPECT_EQ(Text("SELECT stream FROM outbox_quarantine"), "odder");
  EXPECT_THAT(ours_.ReadQuarantined({}, 10), IsOkAndHolds(IsEmpty())) << "a later release publishes it";
  EXPECT_THAT(ours_.DeleteConfirmed(read, read.back().position), IsOk());
  EXPECT_EQ(Rows(), 0);
}

TEST_F(OutboxTest, PartOfALaterRelease_WaitsAndStopsNothing) {
  PlaceOrders(2);
  const std::string later = Text("SELECT batch_id FROM outbox_events WHERE event_type = 'OrderCreated' LIMIT 1");
  database_.Query("UPDATE outbox SET events = set_byte(events, 0, 2) WHERE batch_id = '" + later + "'");
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  const auto page = ours_.ReadAfter({}, 100);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->messages.size(), 3U);
  EXPECT_THAT(ours_.DeleteConfirmed(page->messages, page->position), IsOk());
  EXPECT_EQ(Rows(), 1);
  EXPECT_LT(ours_.StartPosition()->number, Number("SELECT number FROM commits WHERE batch_id = '" + later + "'"))
      << "a later release reads it";
}

TEST_F(OutboxTest, CutConnection_IsUnavailableOnceAndNewAfterwards) {
  PlaceOrders(1);
  ASSERT_EQ(All().size(), 3U);
  database_.CutConnections();
  EXPECT_THAT(ours_.ReadAfter({}, 10).status(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(All().size(), 3U);
}

}  // namespace
}  // namespace logistics::storage
