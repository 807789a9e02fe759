#include "service/streams/resume_token.hpp"

#include "unit/service/order_updates_fixture.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::HasSubstr;

using OrderUpdatesResumeTest = OrderUpdatesTest;

// The same point, changed by `change`.
template <typename Change>
std::string Changed(const std::string& token, const Change& change) {
  std::optional<ResumePoint> point = DecodeResumeToken(token);
  EXPECT_TRUE(point.has_value());
  change(*point);
  return EncodeResumeToken(*point);
}

TEST_F(OrderUpdatesResumeTest, EveryToken_LeadsToExactlyWhatFollows) {
  std::vector<domain::OrderId> orders;
  for (int i = 0; i < 8; ++i) orders.push_back(NewOrder());
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  std::vector<std::string> tokens = {reader.token()};
  std::vector<std::pair<domain::OrderId, std::int64_t>> read;
  for (int version = 1; version <= 6; version += 2) {
    std::vector<fakes::MemoryOrderLog::Change> commit;
    for (const domain::OrderId& order : orders) {
      commit.push_back({order, customer_, version});
      commit.push_back({order, customer_, version + 1});
    }
    Commit(commit);
    Commit({});  // changed no order
    for (std::size_t i = 0; i < commit.size(); ++i) {
      const std::optional<OrderUpdate> update = reader.Next();
      ASSERT_TRUE(update.has_value());
      read.emplace_back(update->change->place.order_id, update->change->place.version);
      tokens.push_back(update->resume_token);
    }
  }
  for (const int recent_max : {65'536, 3}) {  // from memory, and from the database
    reader.Leave();
    Restart();
    options_.recent_max = recent_max;
    for (std::size_t from = 0; from < tokens.size(); ++from) {
      FeedReader again(updates());
      ASSERT_THAT(again.Subscribe({.resume_token = tokens[from]}), IsOk());
      for (std::size_t i = from; i < read.size(); ++i) {
        const std::optional<OrderUpdate> update = again.Next();
        ASSERT_TRUE(update.has_value());
        ASSERT_EQ(std::pair(update->change->place.order_id, update->change->place.version), read[i]);
        ASSERT_EQ(update->resume_token, tokens[i + 1]);
      }
    }
  }
}

TEST_F(OrderUpdatesResumeTest, ScopeComesFromTheRequestNotFromTheToken) {
  const domain::OrderId mine = NewOrder();
  const domain::CustomerId somebody = NewCustomer();
  const std::string token = TokenNow();
  Change(mine, 1);
  Change(NewOrder(), 9, somebody);
  Change(mine, 2);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe({.customer_id = customer_.ToString(), .resume_token = token}), IsOk());
  EXPECT_EQ(reader.NextVersions(2), "1 2");
  FeedReader other(updates());
  ASSERT_THAT(other.Subscribe({.customer_id = somebody.ToString(), .resume_token = reader.token()}), IsOk());
  Change(NewOrder(), 10, somebody);
  EXPECT_EQ(other.NextVersions(1), "10");
}

TEST_F(OrderUpdatesResumeTest, TokenOfAnotherReplicaThatHasReadFurther_IsGood) {
  const domain::OrderId order = NewOrder();
  FeedReader here(updates());
  ASSERT_THAT(here.Subscribe(), IsOk());
  ASSERT_TRUE(here.NextMessage().has_value());
  const std::int64_t number = log_.Append({{order, customer_, 1}});  // and this hub was not woken
  const std::string token = Changed(here.token(), [&](ResumePoint& point) {
    point.place = {number, order, 1};
    point.stamp = clock_.Now();
  });
  FeedReader moved(updates());
  ASSERT_THAT(moved.Subscribe({.resume_token = token}), IsOk());
  ASSERT_TRUE(moved.NextMessage().has_value());
  Change(order, 2);
  EXPECT_EQ(moved.NextVersions(1), "2");
  EXPECT_EQ(here.NextVersions(2), "1 2");
}

TEST_F(OrderUpdatesResumeTest, WhatCannotBeResumed_IsOutOfRangeAndSaysWhatToDo) {
  const std::string token = TokenNow();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {Changed(token, [](ResumePoint& point) { point.place.number += 1; }), "ahead of this database"},
      {Changed(token, [](ResumePoint& point) { point.timeline += 1; }), "ahead of this database"},
      {Changed(token, [&](ResumePoint& point) { point.database_id = ids_.NewId(); }), "of another database"},
      {Changed(token, [&](ResumePoint& point) { point.committed_at -= options_.resume_window + absl::Seconds(1); }),
       "stream.resume_window"}};
  for (const auto& [bad, why] : cases) {
    const std::optional<OrderFeedEnd> end = EndOfResumed(bad);
    ASSERT_TRUE(end.has_value()) << why;
    EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kOutOfRange, HasSubstr(why)));
    EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("include_snapshot")));
  }
}

TEST_F(OrderUpdatesResumeTest, TokenBelowWhatIsDeleted_IsOutOfRangeAndSaysSo) {
  const domain::OrderId order = NewOrder();
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  const std::string stamped = reader.token();
  const std::string unstamped = Changed(stamped, [](ResumePoint& point) { point.stamp.reset(); });
  for (int version = 2; version <= 5; ++version) Commit({{order, customer_, version}});
  reader.Leave();
  Restart();
  log_.DeleteUpTo(4);
  for (const std::string& token : {stamped, unstamped}) {
    FeedReader again(updates());
    ASSERT_THAT(again.Subscribe({.resume_token = token}), IsOk());
    const std::optional<OrderFeedEnd> end = again.End();
    ASSERT_TRUE(end.has_value());
    EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kOutOfRange,
                                      testing::AllOf(HasSubstr("deleted"), HasSubstr("include_snapshot"))));
  }
}

// Of a quiet service, commits that a term would begin with may be deleted.
TEST_F(OrderUpdatesResumeTest, TermBeginsBehindWhatIsDeleted) {
  const domain::OrderId order = NewOrder();
  for (int version = 2; version <= 5; ++version) Commit({{order, customer_, version}});
  log_.DeleteUpTo(4);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  Commit({{order, customer_, 6}});
  EXPECT_EQ(reader.NextVersions(1), "6");
}

TEST_F(OrderUpdatesResumeTest, DatabaseRestoredFromABackup_EndsStreamsAndTheirTokensAreAhead) {
  options_.poll = absl::Milliseconds(20);
  const domain::OrderId order = NewOrder();
  Change(order, 1);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  for (int version = 2; version < 9; ++version) Change(order, version);
  ASSERT_EQ(reader.NextVersions(7), "2 3 4 5 6 7 8");
  ASSERT_FALSE(reader.feed().Next().has_value());
  log_.FailWith(absl::UnavailableError("down"));
  updates().Wake();
  log_.RestoreTo(2);
  log_.FailWith(absl::OkStatus());
  updates().Wake();
  const std::optional<OrderFeedEnd> end = reader.End();
  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kUnavailable));
  const std::optional<OrderFeedEnd> resumed = EndOfResumed(end->resume_token);
  ASSERT_TRUE(resumed.has_value());
  EXPECT_THAT(resumed->status, StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("ahead")));
}

// Another database state under the same identity, timeline and numbers.
TEST_F(OrderUpdatesResumeTest, DumpRestoredUnderTheSameTimeline_RefusesTokensOfCommitsThatItHasNot) {
  const domain::OrderId order = NewOrder();
  Change(order, 1);
  clock_.Advance(absl::Seconds(1));
  Change(order, 2);
  const std::string token = TokenNow();
  const std::string kept = Changed(token, [&](ResumePoint& point) {
    point.place = ports::LogPlace::AfterCommit(1);
    point.stamp = clock_.Now() - absl::Seconds(1);
  });
  const std::string old = Changed(token, [](ResumePoint& point) { point.stamp.reset(); });
  log_.RestoreTo(1);
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Minutes(1));
    log_.Append({{NewOrder(), customer_, 1}});
  }
  for (const int recent_max : {65'536, 1}) {  // known from memory, and from the database
    Restart();
    options_.recent_max = recent_max;
    const std::optional<OrderFeedEnd> end = EndOfResumed(token);
    ASSERT_TRUE(end.has_value());
    EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("before a restore")));
    EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("include_snapshot")));
    FeedReader before_it(updates());
    ASSERT_THAT(before_it.Subscribe({.resume_token = kept}), IsOk());
    EXPECT_EQ(before_it.NextVersions(5), "1 1 1 1 1");
    FeedReader without_stamp(updates());
    ASSERT_THAT(without_stamp.Subscribe({.resume_token = old}), IsOk());
    EXPECT_EQ(without_stamp.NextVersions(4), "1 1 1 1");
  }
}

TEST_F(OrderUpdatesResumeTest, TokensOfChangesAndOfSilence_NameTheirCommit) {
  options_.heartbeat = absl::Milliseconds(20);
  options_.poll = absl::Milliseconds(5);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  Change(NewOrder(), 1);
  ASSERT_EQ(reader.NextVersions(1), "1");
  EXPECT_EQ(DecodeResumeToken(reader.token())->stamp, clock_.Now());
  clock_.Advance(absl::Seconds(3));
  Commit({});  // changed no order
  while (DecodeResumeToken(reader.token())->place.number < 2) ASSERT_TRUE(reader.NextMessage().has_value());
  EXPECT_EQ(DecodeResumeToken(reader.token())->stamp, clock_.Now());
}

TEST_F(OrderUpdatesResumeTest, DumpRestoredUnderAnOpenStream_EndsIt) {
  options_.poll = absl::Milliseconds(20);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  Change(NewOrder(), 1);
  ASSERT_EQ(reader.NextVersions(1), "1");
  log_.FailWith(absl::UnavailableError("down"));
  updates().Wake();
  log_.RestoreTo(0);
  clock_.Advance(absl::Minutes(1));
  for (int i = 0; i < 3; ++i) log_.Append({{NewOrder(), customer_, 1}});
  log_.FailWith(absl::OkStatus());
  updates().Wake();
  const std::optional<OrderFeedEnd> end = reader.End();
  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(OrderUpdatesResumeTest, AfterAFailover_GoesBackByTheMarginSoThatReusedNumbersAreEmitted) {
  const domain::OrderId order = NewOrder();
  for (int version = 1; version <= 4; ++version) {
    Change(order, version);
    clock_.Advance(absl::Minutes(2));
  }
  const std::string token = TokenNow();
  // The new primary did not have the last commit; its number is given out again.
  log_.RestoreTo(3);
  log_.SetTimeline(2);
  const domain::OrderId other = NewOrder();
  log_.Append({{other, customer_, 1}});
  Restart();
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe({.resume_token = token}), IsOk());
  // Given at minute 8, less five: what was committed at minutes 4 (again), and 8 (new).
  std::vector<std::pair<domain::OrderId, std::int64_t>> read;
  for (int i = 0; i < 2; ++i) {
    const std::optional<OrderUpdate> update = reader.Next();
    ASSERT_TRUE(update.has_value());
    read.emplace_back(update->change->place.order_id, update->change->place.version);
  }
  EXPECT_THAT(read, testing::ElementsAre(std::pair(order, std::int64_t{3}), std::pair(other, std::int64_t{1})));
}

TEST_F(OrderUpdatesResumeTest, FailoverUnderAnOpenStream_EndsItWithAToken) {
  options_.poll = absl::Milliseconds(20);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  log_.FailWith(absl::UnavailableError("down"));
  updates().Wake();
  log_.SetTimeline(2);
  log_.FailWith(absl::OkStatus());
  updates().Wake();
  const std::optional<OrderFeedEnd> end = reader.End();
  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kUnavailable));
  FeedReader again(updates());
  ASSERT_THAT(again.Subscribe({.resume_token = end->resume_token}), IsOk());
  Change(NewOrder(), 1);
  EXPECT_EQ(again.NextVersions(1), "1");
}

}  // namespace
}  // namespace logistics::service
