#include "logistics/service/streams/update_queue.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "fakes/status_matchers.hpp"
#include "logistics/service/streams/fan_out.hpp"

namespace logistics::service {
namespace {

using fakes::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(UpdateQueueTest, FirstThenOffered_InTheirOrder) {
  int wakes = 0;
  UpdateQueue<int> queue(2, [&] { ++wakes; });
  queue.Begin({1, 2, 3});
  EXPECT_TRUE(queue.Offer(std::make_shared<const int>(4)));
  EXPECT_TRUE(queue.Offer(std::make_shared<const int>(5)));
  EXPECT_FALSE(queue.Offer(std::make_shared<const int>(6))) << "two behind are allowed";
  EXPECT_EQ(wakes, 2);
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(queue.Next(), i);
  EXPECT_EQ(queue.Next(), std::nullopt);
  EXPECT_FALSE(queue.Ended());
}

TEST(UpdateQueueTest, End_ForgetsTheRestAndStays) {
  UpdateQueue<int> queue(2, [] {});
  queue.Begin({1, 2});
  queue.End(absl::UnavailableError("first"));
  queue.End(absl::InternalError("second"));
  EXPECT_TRUE(queue.Offer(std::make_shared<const int>(3)));
  EXPECT_EQ(queue.Next(), std::nullopt);
  EXPECT_THAT(*queue.Ended(), StatusIs(absl::StatusCode::kUnavailable));
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
