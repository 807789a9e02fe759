#include "logistics/service/streams/feed.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fakes/status_matchers.hpp"
#include "logistics/service/streams/fan_out.hpp"

namespace logistics::service {
namespace {

using fakes::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(FeedTest, Items_ComeInTheirOrderAndOnlyTheFirstWakes) {
  Feed<int> feed(2, [] {});
  EXPECT_EQ(feed.Offer(1), Offered::kFirst);
  EXPECT_EQ(feed.Offer(2), Offered::kTaken);
  EXPECT_EQ(feed.Next(), 1);
  EXPECT_EQ(feed.Next(), 2);
  EXPECT_EQ(feed.Next(), std::nullopt);
  EXPECT_EQ(feed.Offer(3), Offered::kFirst);
  EXPECT_FALSE(feed.Ended());
}

TEST(FeedTest, WriterThatWantsHalf_IsRefilledWhenHalfIsFree) {
  int refills = 0;
  Feed<int> feed(
      4, [] {}, [&] { ++refills; });
  for (int i = 0; i < 2; ++i) EXPECT_NE(feed.Offer(i), Offered::kFull);
  EXPECT_TRUE(feed.HalfFree());
  EXPECT_EQ(feed.Next(), 0);
  EXPECT_EQ(refills, 0) << "the writer was not refused";
  for (int i = 2; i < 4; ++i) EXPECT_NE(feed.Offer(i), Offered::kFull);
  EXPECT_FALSE(feed.HalfFree());
  EXPECT_EQ(feed.Next(), 1);
  EXPECT_EQ(refills, 1);
  EXPECT_TRUE(feed.HalfFree());
}

TEST(FeedTest, RefusedWriter_IsRefilledOnceWhenHalfIsFree) {
  int refills = 0;
  Feed<int> feed(
      4, [] {}, [&] { ++refills; });
  for (int i = 0; i < 4; ++i) EXPECT_NE(feed.Offer(i), Offered::kFull);
  EXPECT_EQ(feed.Next(), 0);
  EXPECT_EQ(feed.Next(), 1);
  EXPECT_EQ(refills, 0) << "no offer was refused";
  EXPECT_EQ(feed.Room(), 2U);
  EXPECT_NE(feed.Offer(4), Offered::kFull);
  EXPECT_NE(feed.Offer(5), Offered::kFull);
  EXPECT_EQ(feed.Room(), 0U);
  EXPECT_EQ(feed.Next(), 2);
  EXPECT_EQ(refills, 0);
  EXPECT_EQ(feed.Next(), 3);
  EXPECT_EQ(refills, 1);
  EXPECT_EQ(feed.Next(), 4);
  EXPECT_EQ(refills, 1);
}

TEST(FeedTest, End_DropsTheRestAndStays) {
  Feed<int> feed(2, [] {});
  for (int i = 1; i <= 2; ++i) EXPECT_NE(feed.Offer(i), Offered::kFull);
  feed.End(absl::UnavailableError("first"));
  feed.End(absl::InternalError("second"));
  EXPECT_EQ(feed.Offer(3), Offered::kTaken);
  EXPECT_EQ(feed.Next(), std::nullopt);
  EXPECT_THAT(feed.Ended()->status, StatusIs(absl::StatusCode::kUnavailable));
}

TEST(FeedTest, End_NamesTheItemBehindWhichTheReaderGoesOn) {
  const auto end_after = [](int taken, bool asked_again, int offered) {
    Feed<int> feed(8, [] {});
    for (int i = 1; i <= offered; ++i) EXPECT_NE(feed.Offer(i), Offered::kFull);
    for (int i = 0; i < taken; ++i) feed.Next();
    if (asked_again) feed.Next();
    feed.End(absl::UnavailableError("over"), 99);
    return feed.Ended()->last;
  };
  EXPECT_EQ(end_after(0, false, 0), 99) << "the present, when there was nothing to write";
  EXPECT_EQ(end_after(2, true, 2), 99) << "the present, when everything is written";
  EXPECT_EQ(end_after(2, false, 2), 1) << "the second may be on its way";
  EXPECT_EQ(end_after(2, false, 3), 1);
  EXPECT_EQ(end_after(1, false, 1), std::nullopt);
}

TEST(FeedTest, End_NamesTheItemWhoseWriteEndedBehindIt) {
  Feed<int> feed(8, [] {});
  for (int i = 1; i <= 2; ++i) EXPECT_NE(feed.Offer(i), Offered::kFull);
  EXPECT_EQ(feed.Next(), 1);
  feed.End(absl::UnavailableError("over"), 99);
  EXPECT_EQ(feed.Ended()->last, std::nullopt);
  EXPECT_EQ(feed.Next(), std::nullopt);
  EXPECT_EQ(feed.Ended()->last, 1);
}

TEST(FanOutIndexTest, FindsByKeyAndEverything_UntilRemoved) {
  FanOutIndex<int, std::string> index;
  std::string all = "all";
  std::string some = "some";
  index.Add(&all, {});
  index.Add(&some, {1, 2});
  const auto found = [&](int key) {
    std::vector<std::string> names;
    index.ForEach({key}, [&](const std::string& stream) { names.push_back(stream); });
    return names;
  };
  EXPECT_THAT(found(1), ElementsAre("all", "some"));
  EXPECT_THAT(found(3), ElementsAre("all"));
  index.Remove(&some, {1, 2});
  index.Remove(&all, {});
  EXPECT_THAT(found(1), IsEmpty());
}

}  // namespace
}  // namespace logistics::service
