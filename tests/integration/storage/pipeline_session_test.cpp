// What a message of several statements adds to a session: one error, one point up to which all happened.
#include <stdexcept>
#include <string>
#include <vector>

#include "integration/storage/storage_fixture.hpp"
#include "storage/batch/commit.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/postgres/pipeline_session.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;

constexpr Statement kInsertFact = {"insert_fact", "INSERT INTO engine_facts (name, value) VALUES ($1, 'made')"};
constexpr Statement kEcho = {"echo", "SELECT $1::text, NULL::text, true, 42"};

class PipelineSessionTest : public StorageFixture {
 protected:
  std::int64_t Facts() const { return Number("SELECT count(*) FROM engine_facts WHERE value = 'made'"); }
  static Params Name(const std::string& name) { return Params().Add(name); }
  // Runs what is queued and returns its error.
  ServerError Refusal() {
    try {
      session_.Run();
    } catch (const ServerError& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was refused";
    return {"", ""};
  }

  PipelineSession session_{Options(), SessionUse::kByKey};
};

TEST_F(PipelineSessionTest, Message_IsExecutedInOrderAndItsRowsAreTaken) {
  std::vector<std::string> taken;
  const auto take = [&](const Rows& rows) { taken.push_back(rows[0][0].as<std::string>()); };
  session_.Queue("BEGIN");
  session_.Queue(kInsertFact, Name("a"));
  session_.Queue(kEcho, Name("first"), [&](const Rows& rows) {
    take(rows);
    session_.Queue(kEcho, Name("of the message after it"), take);
  });
  session_.Queue(kEcho, Name("second"), take);
  session_.Queue("COMMIT", [&](const Rows& rows) { taken.push_back(rows.tag()); });
  EXPECT_EQ(Facts(), 0) << "nothing is sent before Run";
  session_.Run();
  EXPECT_EQ(taken, (std::vector<std::string>{"first", "second", "COMMIT", "of the message after it"}));
  EXPECT_EQ(Facts(), 1);
}

TEST_F(PipelineSessionTest, Fields_AreReadAsTheirTypes) {
  const Rows rows = session_.Execute(kEcho, Name("é"));
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0][0].as<std::string>(), "é");
  EXPECT_TRUE(rows[0][1].is_null());
  EXPECT_TRUE(rows[0][2].as<bool>());
  EXPECT_EQ(rows[0][3].as<std::int64_t>(), 42);
  EXPECT_THROW(rows[0][0].as<int>(), std::runtime_error);
  EXPECT_TRUE(session_.Script("SELECT 1 WHERE false").empty());
}

// With a point of synchronization before it, COMMIT would be answered with success and the tag ROLLBACK.
TEST_F(PipelineSessionTest, StatementThatFails_IsTheErrorOfItsMessageAndNoCommitComesAfterIt) {
  int taken = 0;
  const auto take = [&](const Rows& /*rows*/) { ++taken; };
  session_.Queue("BEGIN", take);
  session_.Queue(kInsertFact, Name("twice"), take);
  session_.Queue(kInsertFact, Name("twice"), take);
  session_.Queue(kInsertFact, Name("behind it"), take);
  QueueCommit(session_, ids_.NewId(), absl::Seconds(1));
  const ServerError error = Refusal();
  EXPECT_EQ(error.sqlstate(), "23505") << error.what();
  EXPECT_EQ(error.place(), 2U);
  EXPECT_EQ(taken, 0) << "a row was taken that is rolled back";
  EXPECT_FALSE(session_.broken());
  session_.Rollback();
  EXPECT_EQ(Facts(), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM commits"), 0);
  EXPECT_EQ(session_.Script("SELECT 1")[0][0].as<int>(), 1);
}

TEST_F(PipelineSessionTest, CommitOfAFailedTransaction_IsNone) {
  session_.Begin();
  session_.Queue("SELEC");
  EXPECT_EQ(Refusal().sqlstate(), "42601");
  EXPECT_EQ(session_.Script("COMMIT").tag(), "ROLLBACK");
}

TEST_F(PipelineSessionTest, NameWhoseParseWasSkipped_IsPreparedLater) {
  session_.Queue("SELEC");
  session_.Queue(kEcho, Name("skipped"));
  EXPECT_EQ(Refusal().sqlstate(), "42601");
  EXPECT_EQ(session_.Execute(kEcho, Name("a"))[0][0].as<std::string>(), "a");
  // And one that was prepared stays so, though its transaction is rolled back.
  session_.Queue("BEGIN");
  session_.Queue(kInsertFact, Name("a"));
  session_.Queue("SELEC");
  EXPECT_EQ(Refusal().sqlstate(), "42601");
  session_.Rollback();
  session_.Execute(kInsertFact, Name("b"));
  EXPECT_EQ(Facts(), 1);
}

TEST_F(PipelineSessionTest, TakeThatThrows_LeavesATransactionThatRollbackEnds) {
  session_.Queue("BEGIN");
  session_.Queue(kInsertFact, Name("a"), [&](const Rows& /*rows*/) {
    session_.Queue(kInsertFact, Name("b"));
    throw std::runtime_error("no");
  });
  EXPECT_THROW(session_.Run(), std::runtime_error);
  session_.Rollback();
  session_.Run();  // nothing is queued any more
  EXPECT_EQ(Facts(), 0);
  session_.Script("VACUUM engine_facts");
}

// Both sides would wait for the other to read, were only one of them to read at a time.
TEST_F(PipelineSessionTest, MessageAndAnswersLargerThanAnyBuffer_PassEachOther) {
  const std::string text(100'000, 'x');
  std::size_t bytes = 0;
  for (int i = 0; i < 200; ++i) {
    session_.Queue(kEcho, Name(text), [&](const Rows& rows) { bytes += rows[0][0].size(); });
  }
  session_.Run();
  EXPECT_EQ(bytes, 200 * text.size());
}

TEST_F(PipelineSessionTest, CommitOfABatch_TakesTheNextNumber) {
  const domain::Uuid id = ids_.NewId();
  session_.Queue("BEGIN");
  QueueCommit(session_, id, absl::Seconds(1));
  session_.Run();
  EXPECT_EQ(Number("SELECT number FROM commits WHERE batch_id = '" + id.ToString() + "'"), 1);
  EXPECT_TRUE(WasCommitted(session_, id));
  EXPECT_FALSE(WasCommitted(session_, ids_.NewId()));
}

// statement_timeout is for each statement of a message: each of these is within it.
TEST_F(PipelineSessionTest, BatchOfSlowStatements_EndsAtALimitOfItsOwn) {
  DatabaseOptions options = Options();
  options.writers = 1;
  options.statement_timeout = absl::Milliseconds(1'500);
  const auto replica = NewReplica(options);
  const domain::ProductId product = ProductWith(replica->database(), 10);
  database_.Query(
      "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.2); RETURN NULL; "
      "END $$");
  for (const std::string table : {"orders", "order_items", "reservations", "stock_movements", "outbox"}) {
    database_.Query("CREATE TRIGGER dawdle AFTER INSERT ON " + table + " EXECUTE FUNCTION dawdle()");
  }
  std::jthread mend([&] {
    EXPECT_TRUE(Eventually([&] { return replica->Count("commits_in_doubt_total") > 0; }));
    database_.Query(
        "CREATE OR REPLACE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; "
        "END $$");
  });
  EXPECT_THAT(Create(replica->database(), OrderOf(product, 1)), IsOk());
  mend.join();
  EXPECT_EQ(Orders(), 1);
  ExpectConsistent();
}

}  // namespace
}  // namespace logistics::storage
