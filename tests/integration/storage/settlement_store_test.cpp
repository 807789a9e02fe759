// Settlements where it takes a database; what the port promises is in the saga contract suite.
#include <atomic>
#include <set>

#include "integration/storage/intent_fixture.hpp"

namespace logistics::storage {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using ports::Settlement;
using StepKind = domain::SagaStep::Kind;
using testing::IsEmpty;
using testing::SizeIs;

class SettlementStoreTest : public IntentFixture {
 protected:
  SettlementStoreTest() : one_(NewReplica(PeerOptions())), two_(NewReplica(PeerOptions())) {}
  ports::SettlementStore& settlements() { return one_->database().settlements(); }

  std::vector<Settlement> Claim(int limit = 10) {
    const auto claimed = settlements().Claim(limit, absl::Hours(1));
    EXPECT_THAT(claimed, IsOk());
    return claimed.ok() ? *claimed : std::vector<Settlement>();
  }
  void EndClaims() const { database_.Query("UPDATE settlements SET claimed_until = now() - interval '1 second'"); }

  std::unique_ptr<Replica> one_;
  std::unique_ptr<Replica> two_;
};

TEST_F(SettlementStoreTest, TwoStores_NeverClaimOneRowBoth) {
  constexpr std::size_t kRows = 60;
  AtOnce(static_cast<int>(kRows), [&](int /*i*/) {
    const domain::NewOrder order = Opened(one_->database());
    EXPECT_THAT(Abandon(one_->database(), order), IsOk());
  });
  std::mutex mutex;
  std::multiset<domain::Uuid> claimed;
  AtOnce(8, [&](int i) {
    for (;;) {
      const auto rows = (i % 2 == 0 ? *one_ : *two_).database().settlements().Claim(3, absl::Hours(1));
      ASSERT_THAT(rows, IsOk());
      const std::lock_guard lock(mutex);
      for (const Settlement& row : *rows) claimed.insert(row.reservation.id);
      // An empty page may only mean that the others hold the rest at this moment.
      if (claimed.size() >= kRows) return;
    }
  });
  EXPECT_EQ(claimed.size(), kRows);
  EXPECT_THAT(std::set<domain::Uuid>(claimed.begin(), claimed.end()), SizeIs(kRows));
}

TEST_F(SettlementStoreTest, OfALostClaim_NothingIsChanged) {
  const domain::NewOrder order = Made(one_->database(), 2);
  Walk(one_->database(), order, {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kReturned});
  const Settlement lost = Claim().at(0);
  EndClaims();
  const auto again = two_->database().settlements().Claim(10, absl::Hours(1));
  ASSERT_THAT(again, IsOkAndHolds(SizeIs(1)));
  const std::string before = Text("SELECT settlements::text FROM settlements");
  EXPECT_THAT(settlements().Done(lost, absl::ZeroDuration()), IsOk());
  EXPECT_THAT(settlements().Retry(lost, absl::ZeroDuration(), "late"), IsOk());
  EXPECT_THAT(settlements().MarkRestocking(lost), IsOkAndHolds(false));
  EXPECT_EQ(Text("SELECT settlements::text FROM settlements"), before);
}

TEST_F(SettlementStoreTest, StepsAddedByAnotherReplicaMeanwhile_AreKept) {
  const domain::NewOrder order = Made(one_->database(), 2);
  Walk(one_->database(), order, {OrderStatus::kProcessing, OrderStatus::kShipped});
  const Settlement first = Claim().at(0);
  EXPECT_TRUE(first.last);
  Walk(two_->database(), order, {OrderStatus::kReturned});
  EXPECT_THAT(settlements().Done(first, absl::ZeroDuration()), IsOk());
  EXPECT_EQ(StepsOf(order), "restock 0, restock 1");
}

TEST_F(SettlementStoreTest, StepsAddedAndDoneAtOnce_AreNeitherLostNorSentTwice) {
  for (int round = 0; round < 30; ++round) {
    const domain::NewOrder order = Made(one_->database(), 1);
    Walk(one_->database(), order, {OrderStatus::kProcessing, OrderStatus::kShipped});
    const Settlement first = Claim().at(0);
    AtOnce(2, [&](int i) {
      if (i == 0) {
        EXPECT_THAT(settlements().Done(first, absl::ZeroDuration()), IsOk());
      } else {
        Walk(two_->database(), order, {OrderStatus::kReturned});
      }
    });
    EXPECT_EQ(StepsOf(order), "restock 0");
    const auto claimed = Claim();
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_THAT(settlements().Done(claimed[0], absl::ZeroDuration()), IsOk());
    EXPECT_EQ(StepsOf(order), "none");
  }
}

TEST_F(SettlementStoreTest, InDoubt_ListsTheItemOnceAndGoesOn) {
  const domain::NewOrder order = Made(one_->database(), 2);
  Walk(one_->database(), order, {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kReturned});
  EXPECT_THAT(settlements().Done(Claim().at(0), absl::ZeroDuration()), IsOk());
  const Settlement restock = Claim().at(0);
  EXPECT_THAT(settlements().MarkRestocking(restock), IsOkAndHolds(true));
  EndClaims();
  const Settlement found = Claim().at(0);
  EXPECT_EQ(found.step.kind, StepKind::kRestocking);
  EXPECT_THAT(settlements().InDoubt(found, "no answer was noted"), IsOk());
  // The replica that sent it comes back after all.
  EXPECT_THAT(settlements().InDoubt(restock, "no answer"), IsOk());
  EXPECT_EQ(Number("SELECT count(*) FROM restocks_in_doubt"), 1);
  const domain::StockItem& item = restock.reservation.items.at(0);
  EXPECT_EQ(Text("SELECT product_id || ' ' || warehouse_id || ' ' || sku || ' ' || quantity || ' ' || reason "
                 "FROM restocks_in_doubt"),
            item.product_id.ToString() + " " + warehouse_.ToString() + " " + item.sku + " 2 no answer was noted");
  EXPECT_EQ(StepsOf(order), "restock 1");
  EXPECT_THAT(settlements().Done(Claim().at(0), absl::ZeroDuration()), IsOk());
  EXPECT_EQ(StepsOf(order), "none");
}

TEST_F(SettlementStoreTest, ConnectionsCut_ClaimsGoOnAtTheNextCall) {
  EXPECT_THAT(Abandon(one_->database(), Opened(one_->database())), IsOk());
  EXPECT_THAT(Claim(), SizeIs(1));
  EndClaims();
  EXPECT_GT(database_.CutConnections(), 0);
  // Not repeated inside, because it may have claimed; whoever polls asks again.
  EXPECT_TRUE(Eventually([&] {
    const auto claimed = settlements().Claim(10, absl::Hours(1));
    return claimed.ok() && claimed->size() == 1;
  }));
}

TEST_F(SettlementStoreTest, Stats_CountWhatWaits) {
  ASSERT_OK_AND_ASSIGN(const ports::SettlementStats none, settlements().Stats());
  EXPECT_EQ(none.waiting, 0);
  EXPECT_EQ(none.oldest_age, absl::ZeroDuration());
  const domain::NewOrder old = Opened(one_->database());
  EXPECT_THAT(Abandon(one_->database(), old), IsOk());
  EXPECT_THAT(Abandon(one_->database(), Opened(one_->database())), IsOk());
  database_.Query("UPDATE settlements SET created_at = now() - interval '2 hours' WHERE reservation_id = '" +
                  old.order.id.ToString() + "'");
  ASSERT_OK_AND_ASSIGN(const ports::SettlementStats two, settlements().Stats());
  EXPECT_EQ(two.waiting, 2);
  EXPECT_GE(two.oldest_age, absl::Hours(2));
  ASSERT_OK_AND_ASSIGN(const auto stuck, settlements().Stuck(absl::Hours(1), 10));
  ASSERT_THAT(stuck, SizeIs(1));
  EXPECT_EQ(stuck[0].reservation_id, old.order.id.uuid());
  EXPECT_THAT(settlements().Stuck(absl::Hours(3), 10), IsOkAndHolds(IsEmpty()));
}

}  // namespace
}  // namespace logistics::storage
