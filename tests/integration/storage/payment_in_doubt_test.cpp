// The connection breaks while a payment is being committed: it takes effect once, and its message is done once.
#include "integration/storage/commit_cutter.hpp"
#include "integration/storage/payment_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using ports::PaymentResult;
using Cut = CommitCutter::Cut;

class PaymentInDoubtTest : public PaymentFixture, public testing::WithParamInterface<Cut> {
 protected:
  PaymentInDoubtTest()
      : direct_(NewReplica()), product_(ProductWith(direct_->database(), 10)), cutter_(database_.url()) {
    DatabaseOptions options = Options();
    options.url = cutter_.url();
    options.writers = 1;
    replica_ = NewReplica(options);
  }
  ~PaymentInDoubtTest() override {
    EXPECT_EQ(replica_->Count("commits_in_doubt_total"), 1);
    EXPECT_EQ(Payments(), 1);
    ExpectConsistent();
  }
  domain::Order Placed() { return *Create(direct_->database(), OrderOf(product_, 1)); }
  void CutNextCommit() { cutter_.Add(CommitCutter::AtCommit(GetParam())); }

  std::unique_ptr<Replica> direct_;  // not by way of the cutter
  const domain::ProductId product_;
  CommitCutter cutter_;
  std::unique_ptr<Replica> replica_;
};

TEST_P(PaymentInDoubtTest, Processed_IsDoneOnceAndItsMessageWaitsNoMore) {
  const domain::Order order = Placed();
  const domain::PaymentNotice notice = ProcessedOf(order);
  const ports::InboxEntry entry = Parked(direct_->database(), order.id);
  CutNextCommit();
  EXPECT_THAT(Apply(replica_->database(), notice, entry), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_EQ(StatusesOf(order.id), "pending, processing");
  EXPECT_EQ(DoneMessages(), 1);
  EXPECT_EQ(WaitingMessages(), 0);
  EXPECT_THAT(Apply(direct_->database(), notice, entry), IsOkAndHolds(PaymentResult::kSeenBefore));
}

TEST_P(PaymentInDoubtTest, Failed_CancelsOnce) {
  const domain::Order order = Placed();
  CutNextCommit();
  EXPECT_THAT(Apply(replica_->database(), FailedOf(order), NewEntry()), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_EQ(StatusesOf(order.id), "pending, cancelled");
  EXPECT_EQ(Reserved(product_), 0);
}

TEST_P(PaymentInDoubtTest, PaidOrder_IsOneOrderAndOnePayment) {
  CutNextCommit();
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(replica_->database(), Paid(OrderOf(product_, 1, "key"))));
  EXPECT_EQ(StatusesOf(order.id), "pending, processing");
  EXPECT_THAT(direct_->database().orders().Get(order.id, {}), IsOkAndHolds(order));
  EXPECT_EQ(Orders(), 1);
}

INSTANTIATE_TEST_SUITE_P(Cuts, PaymentInDoubtTest,
                         testing::Values(Cut::kLoseAnswer, Cut::kSwallow, Cut::kAnswerUnknown),
                         [](const testing::TestParamInfo<Cut>& info) { return CutName(info.param); });

}  // namespace
}  // namespace logistics::storage
