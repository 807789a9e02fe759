// The connection breaks while a step of the saga is being committed: it is done once, and the caller hears what is
// true.
#include "integration/storage/commit_cutter.hpp"
#include "integration/storage/intent_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using Cut = CommitCutter::Cut;

class IntentInDoubtTest : public IntentFixture, public testing::WithParamInterface<Cut> {
 protected:
  IntentInDoubtTest() : direct_(NewReplica(PeerOptions())), cutter_(database_.url()) {
    DatabaseOptions options = PeerOptions();
    options.url = cutter_.url();
    options.writers = 1;
    replica_ = NewReplica(options);
  }
  ~IntentInDoubtTest() override {
    EXPECT_EQ(replica_->Count("commits_in_doubt_total"), 1);
    ExpectPeerConsistent();
  }
  void CutNextCommit() { cutter_.Add(CommitCutter::AtCommit(GetParam())); }

  std::unique_ptr<Replica> direct_;  // not by way of the cutter
  CommitCutter cutter_;
  std::unique_ptr<Replica> replica_;
};

TEST_P(IntentInDoubtTest, Open_IsOpenedAndNotJudgedByItsOwnKey) {
  CutNextCommit();
  const auto answer = replica_->database().intents().Open(PeerOrder(1, "key"), {});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->outcome, ports::IntentAnswer::Outcome::kOpened);
  EXPECT_EQ(Number("SELECT count(*) FROM reservations WHERE state = 'intent'"), 1);
}

TEST_P(IntentInDoubtTest, Complete_IsOneOrder) {
  const domain::NewOrder order = Opened(direct_->database(), 2, "key");
  CutNextCommit();
  ASSERT_OK_AND_ASSIGN(const domain::Order made, replica_->database().intents().Complete(order, {}));
  EXPECT_THAT(direct_->database().orders().Get(made.id, {}), IsOkAndHolds(made));
  EXPECT_EQ(StateOf(order), "held");
}

TEST_P(IntentInDoubtTest, Abandon_LeavesOneSettlement) {
  const domain::NewOrder order = Opened(direct_->database(), 1, "key");
  CutNextCommit();
  EXPECT_THAT(Abandon(replica_->database(), order, true), IsOkAndHolds(true));
  EXPECT_EQ(StateOf(order), "released");
  EXPECT_EQ(StepsOf(order), "release, release_again");
}

TEST_P(IntentInDoubtTest, Cancel_LeavesOneSettlement) {
  const domain::NewOrder order = Made(direct_->database());
  CutNextCommit();
  Walk(replica_->database(), order, {domain::OrderStatus::kCancelled});
  EXPECT_EQ(StepsOf(order), "release");
}

INSTANTIATE_TEST_SUITE_P(Cuts, IntentInDoubtTest, testing::Values(Cut::kLoseAnswer, Cut::kSwallow, Cut::kAnswerUnknown),
                         [](const testing::TestParamInfo<Cut>& info) { return CutName(info.param); });

}  // namespace
}  // namespace logistics::storage
