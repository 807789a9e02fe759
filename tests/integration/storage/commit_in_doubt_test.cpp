// The connection breaks while a batch is being committed: whatever became of it, the caller hears what is true, and
// nothing is done twice.
#include <thread>

#include "integration/storage/commit_cutter.hpp"
#include "integration/storage/storage_fixture.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using Cut = CommitCutter::Cut;

class CommitInDoubtTest : public StorageFixture {
 protected:
  CommitInDoubtTest()
      : direct_(NewReplica()), product_(ProductWith(direct_->database(), 100)), cutter_(database_.url()) {
    DatabaseOptions options = Options();
    options.url = cutter_.url();
    options.writers = 1;
    replica_ = NewReplica(options);
  }

  // Places an order while the rules cut, and holds its outcome to what must be.
  void ExpectOneOrderAnsweredOk() {
    const domain::NewOrder order = OrderOf(product_, 3, "the key");
    const auto made = Create(replica_->database(), order);
    ASSERT_THAT(made, IsOk());
    EXPECT_EQ(made->id, order.order.id);
    EXPECT_THAT(direct_->database().orders().Get(made->id, {}), IsOkAndHolds(*made));
    EXPECT_EQ(Orders(), 1);
    EXPECT_EQ(Reserved(product_), 3);
    EXPECT_EQ(Number("SELECT count(*) FROM outbox_events WHERE order_id IS NOT NULL"), 2);
    EXPECT_EQ(replica_->Count("commits_in_doubt_total"), 1);
    EXPECT_EQ(replica_->Count("batches_total"), 1);
    ExpectConsistent();
    // The key leads to the same order, on the connection that came after.
    EXPECT_THAT(Create(replica_->database(), order), IsOkAndHolds(*made));
  }

  std::int64_t Tombstones() const { return Number("SELECT count(*) FROM commits WHERE number IS NULL"); }

  std::unique_ptr<Replica> direct_;  // not by way of the cutter
  domain::ProductId product_;
  CommitCutter cutter_;
  std::unique_ptr<Replica> replica_;
};

TEST_F(CommitInDoubtTest, AnswerLost_IsFoundCommitted) {
  cutter_.Add(CommitCutter::AtCommit(Cut::kLoseAnswer));
  ExpectOneOrderAnsweredOk();
  EXPECT_EQ(Tombstones(), 0);
}

TEST_F(CommitInDoubtTest, CommitNeverArrived_IsRunAgain) {
  cutter_.Add(CommitCutter::AtCommit(Cut::kSwallow));
  ExpectOneOrderAnsweredOk();
  EXPECT_EQ(Tombstones(), 1);
}

TEST_F(CommitInDoubtTest, AnswerLostAndDatabaseAwayForAWhile_IsAskedUntilItAnswers) {
  cutter_.RefuseAfterCut(5);
  cutter_.Add(CommitCutter::AtCommit(Cut::kLoseAnswer));
  ExpectOneOrderAnsweredOk();
  EXPECT_EQ(cutter_.refused(), 5);
  EXPECT_EQ(Tombstones(), 0);
}

TEST_F(CommitInDoubtTest, CommitNeverArrivedAndDatabaseAwayForAWhile_IsRunAgain) {
  cutter_.RefuseAfterCut(5);
  cutter_.Add(CommitCutter::AtCommit(Cut::kSwallow));
  ExpectOneOrderAnsweredOk();
  EXPECT_EQ(cutter_.refused(), 5);
}

TEST_F(CommitInDoubtTest, AnswerToTheQuestionLostToo_CommittedStaysCommitted) {
  cutter_.Add(CommitCutter::AtCommit(Cut::kLoseAnswer));
  cutter_.Add(CommitCutter::AtQuestion(Cut::kLoseAnswer));
  ExpectOneOrderAnsweredOk();
  EXPECT_EQ(Tombstones(), 0);
}

// The first question has already settled it to "never": the second finds a row and must not take it for the commit.
TEST_F(CommitInDoubtTest, AnswerToTheQuestionLostToo_NeverStaysNever) {
  cutter_.Add(CommitCutter::AtCommit(Cut::kSwallow));
  cutter_.Add(CommitCutter::AtQuestion(Cut::kLoseAnswer));
  ExpectOneOrderAnsweredOk();
  EXPECT_EQ(Tombstones(), 1);
}

TEST_F(CommitInDoubtTest, QuestionNeverArrived_IsAskedAgain) {
  cutter_.Add(CommitCutter::AtCommit(Cut::kLoseAnswer));
  cutter_.Add(CommitCutter::AtQuestion(Cut::kSwallow));
  ExpectOneOrderAnsweredOk();
}

// The server is still at it when the client asks: it has not come to the row that the question inserts, so "never" is
// the answer, and that is what it finds when it gets there.
TEST_F(CommitInDoubtTest, CommitStillRunningWhenAsked_IsKeptOut) {
  Session counter(Options(), SessionUse::kQueries);
  counter.Begin();
  counter.Script("SELECT 1 FROM commit_lock FOR UPDATE");
  cutter_.Add(CommitCutter::AtCommit(Cut::kLeaveAtOnce));
  std::jthread settled([&] {
    EXPECT_TRUE(Eventually([&] { return Tombstones() == 1; }));
    counter.Rollback();
  });
  ExpectOneOrderAnsweredOk();
}

TEST_F(CommitInDoubtTest, PoolerDoesNotKnow_IsFoundCommitted) {
  cutter_.Add(CommitCutter::AtCommit(Cut::kAnswerUnknown));
  ExpectOneOrderAnsweredOk();
  EXPECT_EQ(Tombstones(), 0);
}

// The change would be refused if it were decided again: its own first run has moved the version.
TEST_F(CommitInDoubtTest, StatusChange_IsNotJudgedByItsOwnCommit) {
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(direct_->database(), OrderOf(product_, 1)));
  cutter_.Add(CommitCutter::AtCommit(Cut::kLoseAnswer));
  const auto changed = replica_->database().orders().ChangeStatus(
      {order.id, domain::OrderStatus::kProcessing, "", "anna", order.version}, {});
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(changed->version, 2);
  EXPECT_EQ(replica_->Count("commits_in_doubt_total"), 1);
  ExpectConsistent();
}

TEST_F(CommitInDoubtTest, Adjustment_IsAppliedOnce) {
  for (const Cut cut : {Cut::kLoseAnswer, Cut::kSwallow, Cut::kAnswerUnknown}) {
    cutter_.Add(CommitCutter::AtCommit(cut));
    EXPECT_THAT(replica_->database().stock().Adjust({{product_, warehouse_}, 10, "found", ""}, {}), IsOk());
  }
  EXPECT_EQ(replica_->Count("commits_in_doubt_total"), 3);
  EXPECT_EQ(Number("SELECT quantity FROM stock_levels"), 130);
  ExpectConsistent();
}

// Neither OK nor refused: UNAVAILABLE, and the key finds out.
TEST_F(CommitInDoubtTest, ThatCannotBeSettled_IsAnsweredUnavailableAndNotRunAgain) {
  CommitCutter::Rule rule = CommitCutter::AtCommit(Cut::kLoseAnswer);
  rule.before_cut = [this] { database_.Query("ALTER TABLE commits RENAME TO commits_away"); };
  cutter_.Add(rule);
  const domain::NewOrder order = OrderOf(product_, 3, "the key");
  const auto answer = Create(replica_->database(), order);
  database_.Query("ALTER TABLE commits_away RENAME TO commits");
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnavailable, testing::HasSubstr("not known")));
  EXPECT_EQ(Orders(), 1);
  const auto again = Create(replica_->database(), OrderOf(product_, 3, "the key"));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->id, order.order.id);
  EXPECT_EQ(Reserved(product_), 3);
  ExpectConsistent();
}

class CommitUnresolvedTest : public CommitInDoubtTest {
 protected:
  // The commit happens and is not answered, and what tells whether it did is gone until the answer is there.
  template <typename Call>
  auto InDoubt(const Call& call) {
    CommitCutter::Rule rule = CommitCutter::AtCommit(Cut::kLoseAnswer);
    rule.before_cut = [this] { database_.Query("ALTER TABLE commits RENAME TO commits_away"); };
    cutter_.Add(rule);
    const auto answer = call();
    database_.Query("ALTER TABLE commits_away RENAME TO commits");
    return answer.status();
  }
  absl::StatusOr<ports::LevelRow> Adjust(const std::string& request_id) {
    return replica_->database().stock().Adjust({{product_, warehouse_}, 10, "found", "", request_id}, {});
  }
};

// An order without a key may have been made: saying it again could make a second one.
TEST_F(CommitUnresolvedTest, OrderWithoutKey_IsUnknownAndNamesTheOrder) {
  const domain::NewOrder order = OrderOf(product_, 3);
  const absl::Status answer = InDoubt([&] { return Create(replica_->database(), order); });
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(domain::ErrorInfoOf(answer),
            (domain::ErrorInfo{domain::kCommitInDoubt, {{"order_id", order.order.id.ToString()}}}));
  EXPECT_FALSE(domain::RetryAfterOf(answer));
  EXPECT_TRUE(Exists(order.order.id)) << "the id leads to it";
}

TEST_F(CommitUnresolvedTest, Adjustment_IsRepeatableByItsRequestIdOnly) {
  EXPECT_THAT(InDoubt([&] { return Adjust(""); }), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_THAT(InDoubt([&] { return Adjust("the id"); }), StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow level, Adjust("the id"));
  EXPECT_EQ(level.level.quantity, 120);
  EXPECT_EQ(Number("SELECT quantity FROM stock_levels"), 120);
  ExpectConsistent();
}

TEST_F(CommitUnresolvedTest, ExternalReservation_IsRepeatableByAnIdOfItsMakerOnly) {
  const auto reserve = [&](const domain::ExternalId& id, bool id_is_new) {
    return replica_->database().stock().Reserve({id, warehouse_, {{product_, "", 2}}, id_is_new}, {});
  };
  const domain::ExternalId made(ids_.NewId());
  const absl::Status answer = InDoubt([&] { return reserve(made, /*id_is_new=*/true); });
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(domain::ErrorInfoOf(answer), (domain::ErrorInfo{domain::kCommitInDoubt, {{"reservation_id", made.text}}}));
  const domain::ExternalId named = domain::ExternalId::Of("order 7");
  EXPECT_THAT(InDoubt([&] { return reserve(named, false); }), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(reserve(named, false), IsOk());
  EXPECT_EQ(Reserved(product_), 4);
}

// With the database away for longer, the caller hears it before nothing but its own deadline could reach it.
TEST_F(CommitInDoubtTest, DatabaseAwayPastTheDeadline_IsAnsweredBeforeIt) {
  cutter_.RefuseAfterCut(1'000'000);
  cutter_.Add(CommitCutter::AtCommit(Cut::kLoseAnswer));
  const domain::NewOrder order = OrderOf(product_, 3);
  const absl::Time deadline = absl::Now() + absl::Seconds(2);
  const auto answer = replica_->database().orders().Create(order, {"correlation", "", deadline});
  EXPECT_LT(absl::Now(), deadline);
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_TRUE(Exists(order.order.id));
}

}  // namespace
}  // namespace logistics::storage
