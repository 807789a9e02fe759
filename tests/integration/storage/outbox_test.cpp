#include "storage/stores/postgres_outbox.hpp"

#include <gmock/gmock.h>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::OutboxMessage;
using ports::OutboxPosition;

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
    const auto messages = ours_.ReadAfter(after, 1'000);
    EXPECT_THAT(messages, IsOk());
    return messages.value_or(std::vector<OutboxMessage>());
  }
  std::int64_t Rows() const { return Number("SELECT count(*) FROM outbox"); }
  static std::vector<OutboxPosition> Positions(const std::vector<OutboxMessage>& messages) {
    std::vector<OutboxPosition> positions;
    for (const OutboxMessage& message : messages) positions.push_back(message.position);
    return positions;
  }

  // Nothing of what a holder may write is done, and it is told why.
  void ExpectFenced(PostgresOutbox& outbox) {
    const std::vector<OutboxMessage> messages = All();
    ASSERT_FALSE(messages.empty());
    const auto start = ours_.StartPosition();
    EXPECT_THAT(outbox.DeleteConfirmed(messages, messages.back().position),
                StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(outbox.Quarantine(messages, "unroutable"), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_EQ(Positions(All()), Positions(messages));
    EXPECT_EQ(ours_.StartPosition().value(), start.value());
    EXPECT_EQ(Number("SELECT count(held_at) FROM outbox"), 0);
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
  const std::vector<OutboxMessage> messages = All();
  ASSERT_FALSE(messages.empty());
  EXPECT_THAT(theirs_.DeleteConfirmed(messages, messages.back().position), IsOk());
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
      if (page->empty()) break;
      for (const OutboxPosition& place : Positions(*page)) paged.push_back(place);
      position = page->back().position;
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
  const std::vector<OutboxMessage> all = All();
  EXPECT_EQ(ours_.StartPosition().value(), OutboxPosition());

  // Confirmed out of order: the second is still out, so the start stays before it.
  EXPECT_THAT(ours_.DeleteConfirmed({all[0], all[2]}, all[0].position), IsOk());
  EXPECT_EQ(ours_.StartPosition().value(), all[0].position);
  EXPECT_EQ(Positions(All(ours_.StartPosition().value())).front(), all[1].position);
  EXPECT_EQ(Rows(), static_cast<std::int64_t>(all.size()) - 2);

  EXPECT_THAT(ours_.DeleteConfirmed({all[1]}, all[2].position), IsOk());
  EXPECT_THAT(ours_.DeleteConfirmed({}, all[0].position), IsOk());
  EXPECT_THAT(ours_.DeleteConfirmed({all[1]}, OutboxPosition()), IsOk());  // said again, as after a lost answer
  EXPECT_EQ(ours_.StartPosition().value(), all[2].position);
  EXPECT_EQ(Rows(), static_cast<std::int64_t>(all.size()) - 3);
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
  EXPECT_EQ(Number("SELECT count(*) FROM outbox WHERE held_reason = 'unroutable'"), 2);

  EXPECT_THAT(ours_.DeleteConfirmed({all[1]}, all[4].position), IsOk());
  EXPECT_EQ(Positions(ours_.ReadQuarantined({}, 10).value()), std::vector<OutboxPosition>{all[3].position});
}

TEST_F(OutboxTest, Stats_CountRowsAndQuarantinedAndTheOldestAge) {
  ASSERT_THAT(ours_.AcquireLease(kLong), IsOkAndHolds(true));
  PlaceOrders(2);
  const std::vector<OutboxMessage> all = All();
  ASSERT_THAT(ours_.Quarantine({all[1]}, "unroutable"), IsOk());
  database_.Query("UPDATE outbox SET created_at = now() - interval '1 hour' WHERE ordinal = 1");
  const auto stats = ours_.Stats();
  ASSERT_THAT(stats, IsOk());
  EXPECT_EQ(stats->rows, 5);
  EXPECT_EQ(stats->quarantined_rows, 1);
  EXPECT_GE(stats->oldest_age, absl::Hours(1));
  EXPECT_LT(stats->oldest_age, absl::Hours(2));
  ASSERT_THAT(ours_.DeleteConfirmed(all, all.back().position), IsOk());
  EXPECT_EQ(ours_.Stats()->rows, 0);
  EXPECT_EQ(ours_.Stats()->oldest_age, absl::ZeroDuration());
}

TEST_F(OutboxTest, CutConnection_IsUnavailableOnceAndNewAfterwards) {
  PlaceOrders(1);
  ASSERT_EQ(All().size(), 3U);
  database_.CutConnections();
  EXPECT_THAT(ours_.ReadAfter({}, 10), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(All().size(), 3U);
}

}  // namespace
}  // namespace logistics::storage
