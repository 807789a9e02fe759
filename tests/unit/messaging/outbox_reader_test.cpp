#include "messaging/relay/outbox_reader.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <utility>
#include <vector>

#include "fakes/counting_metrics.hpp"
#include "fakes/memory_outbox.hpp"
#include "fakes/recording_health.hpp"
#include "messaging/relay/limits.hpp"
#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

using ports::OutboxMessage;
using ports::OutboxPosition;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kPageRows = 4;

class OutboxReaderTest : public testing::Test {
 protected:
  OutboxReaderTest() { leadership_.Maintain(/*broker_connected=*/true); }

  static BrokerOptions WithLongLease() {
    BrokerOptions options;
    options.lease_ttl = absl::Hours(1);
    return options;
  }

  // A commit of `events` events, each of an order of its own.
  void Commit(int events) {
    std::vector<OutboxMessage> messages;
    for (int i = 0; i < events; ++i) {
      ++messages_;
      messages.push_back(MessageAt(messages_, static_cast<std::uint64_t>(messages_)));
    }
    table_.Commit(std::move(messages));
  }
  // Quarantines everything that is there, as an earlier leader would have.
  void QuarantineAll() {
    fakes::MemoryOutbox outbox(table_, 1);
    ASSERT_TRUE(outbox.Quarantine(outbox.ReadAfter({}, 1'000)->messages, "unroutable").ok());
  }
  void StartWithoutQuarantine() {
    reader_.Start(now_);
    ASSERT_TRUE(reader_.QuarantineDue(now_, /*resolved=*/true));
    EXPECT_THAT(reader_.ReadQuarantined(now_), IsEmpty());
  }
  std::vector<OutboxPosition> ReadCommits() {
    EXPECT_TRUE(reader_.CommitsDue(now_));
    return PositionsOf(reader_.ReadCommits(now_));
  }
  static std::vector<OutboxPosition> PositionsOf(const std::vector<OutboxMessage>& messages) {
    std::vector<OutboxPosition> positions;
    for (const OutboxMessage& message : messages) positions.push_back(message.position);
    return positions;
  }
  // The positions of a commit with so many events.
  static std::vector<OutboxPosition> CommitAt(std::int64_t number, int events) {
    std::vector<OutboxPosition> positions;
    for (int i = 0; i < events; ++i) positions.push_back({number, i});
    return positions;
  }

  Leadership::Time now_ = Leadership::Time() + std::chrono::hours(1);
  const BrokerOptions options_ = WithLongLease();
  fakes::MemoryOutboxTable table_;
  fakes::CountingMetrics metrics_;
  ports::Gauge& leader_ = metrics_.GetGauge("logistics_relay_leader", "");
  fakes::RecordingHealth health_;
  QuarantinedKeys keys_;
  Leadership leadership_{std::make_unique<fakes::MemoryOutbox>(table_, 1), options_, leader_, health_,
                         [this] { return now_; }};
  OutboxReader reader_{leadership_, keys_, {kPageRows, absl::Seconds(1), absl::Minutes(1)}};
  std::int64_t messages_ = 0;
};

TEST_F(OutboxReaderTest, CommitsOfOnePage_ComeTogether) {
  Commit(2);
  Commit(1);
  StartWithoutQuarantine();
  EXPECT_THAT(ReadCommits(), ElementsAre(OutboxPosition{1, 0}, OutboxPosition{1, 1}, OutboxPosition{2, 0}));
  EXPECT_FALSE(reader_.CommitsDue(now_)) << "the page was not full";
}

TEST_F(OutboxReaderTest, CommitThatGoesOnBehindThePage_ComesWholeWithTheNext) {
  Commit(3);
  Commit(3);
  StartWithoutQuarantine();
  EXPECT_EQ(ReadCommits(), CommitAt(1, 3));
  EXPECT_EQ(ReadCommits(), CommitAt(2, 3));
  EXPECT_FALSE(reader_.CommitsDue(now_));
}

TEST_F(OutboxReaderTest, CommitThatEndsWithThePage_ComesOnceTheNextPageSaysSo) {
  Commit(kPageRows);
  StartWithoutQuarantine();
  EXPECT_THAT(ReadCommits(), IsEmpty());
  EXPECT_EQ(ReadCommits(), CommitAt(1, kPageRows));
  Commit(1);
  reader_.Wake();
  now_ += kReadPause;
  EXPECT_EQ(ReadCommits(), CommitAt(2, 1));
}

TEST_F(OutboxReaderTest, CommitOfManyPages_ComesWhole) {
  constexpr int kEvents = 5 * kPageRows + 2;
  Commit(1);
  Commit(kEvents);
  Commit(1);
  StartWithoutQuarantine();
  EXPECT_EQ(ReadCommits(), CommitAt(1, 1));
  for (int page = 0; page < 4; ++page) EXPECT_THAT(ReadCommits(), IsEmpty());
  std::vector<OutboxPosition> expected = CommitAt(2, kEvents);
  expected.push_back({3, 0});
  std::vector<OutboxPosition> rest = ReadCommits();
  while (reader_.CommitsDue(now_)) {
    for (const OutboxPosition& position : ReadCommits()) rest.push_back(position);
  }
  EXPECT_EQ(rest, expected);
}

TEST_F(OutboxReaderTest, NewTerm_BeginsAtTheStartPositionWithoutThePartOfACommit) {
  Commit(kPageRows + 1);
  StartWithoutQuarantine();
  EXPECT_THAT(ReadCommits(), IsEmpty());
  leadership_.Release("test");
  EXPECT_FALSE(reader_.CommitsDue(now_));
  now_ = leadership_.NextDue();
  leadership_.Maintain(/*broker_connected=*/true);
  keys_.Reset();
  StartWithoutQuarantine();
  EXPECT_THAT(ReadCommits(), IsEmpty());
  EXPECT_EQ(ReadCommits(), CommitAt(1, kPageRows + 1)) << "each event once";
}

TEST_F(OutboxReaderTest, Start_AnswersThePositionBehindWhichItReads) {
  Commit(1);
  Commit(2);
  fakes::MemoryOutbox outbox(table_, 1);
  ASSERT_TRUE(outbox.DeleteConfirmed(outbox.ReadAfter({}, 1)->messages, {1, 0}).ok());
  EXPECT_EQ(reader_.Start(now_), (OutboxPosition{1, 0}));
  reader_.ReadQuarantined(now_);
  EXPECT_EQ(ReadCommits(), CommitAt(2, 2));
}

TEST_F(OutboxReaderTest, UnavailableDatabase_AnswersNothingAndEndsTheTerm) {
  Commit(1);
  StartWithoutQuarantine();
  table_.SetUnavailable(true);
  EXPECT_THAT(ReadCommits(), IsEmpty());
  EXPECT_EQ(leadership_.term(), 0);
  EXPECT_FALSE(reader_.CommitsDue(now_));
}

TEST_F(OutboxReaderTest, Idle_ReadsWhenItIsWokenAndOtherwiseNowAndThen) {
  StartWithoutQuarantine();
  EXPECT_THAT(ReadCommits(), IsEmpty());
  EXPECT_FALSE(reader_.CommitsDue(now_));
  reader_.Wake();
  EXPECT_TRUE(reader_.CommitsDue(now_)) << "an idle reader reads at once";
  Commit(1);
  EXPECT_EQ(ReadCommits(), CommitAt(1, 1));
  reader_.Wake();
  EXPECT_FALSE(reader_.CommitsDue(now_)) << "a busy one pauses";
  EXPECT_EQ(reader_.NextDue(/*resolved=*/true), now_ + kReadPause);
  now_ += kReadPause;
  EXPECT_THAT(ReadCommits(), IsEmpty());
  now_ += std::chrono::seconds(1);
  EXPECT_TRUE(reader_.CommitsDue(now_)) << "wake-ups get lost";
}

TEST_F(OutboxReaderTest, Drain_ReadsUntilAPageIsNotFull) {
  StartWithoutQuarantine();
  EXPECT_THAT(ReadCommits(), IsEmpty());
  EXPECT_FALSE(reader_.drained());
  Commit(kPageRows + 1);
  reader_.Drain();
  EXPECT_THAT(ReadCommits(), IsEmpty());
  EXPECT_FALSE(reader_.drained());
  EXPECT_EQ(ReadCommits(), CommitAt(1, kPageRows + 1));
  EXPECT_TRUE(reader_.drained());
  EXPECT_FALSE(reader_.CommitsDue(now_));
}

TEST_F(OutboxReaderTest, FirstPass_ReadsAllPagesOfTheQuarantineBeforeAnyCommit) {
  Commit(kPageRows + 1);
  QuarantineAll();
  reader_.Start(now_);
  EXPECT_FALSE(reader_.CommitsDue(now_)) << "a quarantined key could be overtaken";
  EXPECT_EQ(PositionsOf(reader_.ReadQuarantined(now_)), CommitAt(1, kPageRows));
  EXPECT_FALSE(reader_.CommitsDue(now_));
  EXPECT_TRUE(reader_.QuarantineDue(now_, /*resolved=*/false)) << "the pass goes on";
  EXPECT_THAT(PositionsOf(reader_.ReadQuarantined(now_)), ElementsAre(OutboxPosition{1, kPageRows}));
  EXPECT_TRUE(reader_.CommitsDue(now_));
  EXPECT_FALSE(reader_.QuarantineDue(now_, /*resolved=*/true));
}

TEST_F(OutboxReaderTest, NextPass_WaitsForItsTimeAndForTheMessagesOfTheLast) {
  Commit(1);
  QuarantineAll();
  reader_.Start(now_);
  EXPECT_EQ(reader_.ReadQuarantined(now_).size(), 1U);
  EXPECT_FALSE(reader_.QuarantineDue(now_, /*resolved=*/true));
  now_ += std::chrono::minutes(1);
  EXPECT_FALSE(reader_.QuarantineDue(now_, /*resolved=*/false)) << "a message would be counted twice";
  EXPECT_TRUE(reader_.QuarantineDue(now_, /*resolved=*/true));
  reader_.Drain();
  EXPECT_FALSE(reader_.QuarantineDue(now_, /*resolved=*/true)) << "a relay that stops has no time for it";
}

}  // namespace
}  // namespace logistics::messaging
