#include "messaging/relay/route_retries.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "fakes/seed.hpp"

namespace logistics::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Route kFull = {domain::EventStream::kOrder, "order.created"};
const Route kFree = {domain::EventStream::kOrder, "order.cancelled"};

class RouteRetriesTest : public testing::Test {
 protected:
  // How many of `messages` go out in the next wave.
  int Wave(const Route& route, int messages) {
    retries_.BeginWave();
    int tried = 0;
    while (tried < messages && retries_.MayTry(route, now_) == Retry::kTry) ++tried;
    return tried;
  }
  // Passes for `time`, whenever one is due, over many messages of a queue that takes none. The tries.
  int RefuseFor(absl::Duration time) {
    const RouteRetries::Time end = now_ + absl::ToChronoNanoseconds(time);
    int copies = 0;
    while (now_ < end) {
      retries_.BeginPass(now_);
      const int tried = Wave(kFull, 1'000);
      for (int i = 0; i < tried; ++i) retries_.Nacked(kFull, /*tried=*/true, now_);
      copies += tried;
      now_ = std::min(retries_.NextDue(), end);
    }
    return copies;
  }

  const std::uint64_t seed_ = fakes::TestSeed();
  RouteRetries retries_{seed_};
  RouteRetries::Time now_{};
};

TEST_F(RouteRetriesTest, RefusedForAnHour_IsTriedWithGrowingPausesUpToMinutes) {
  EXPECT_LE(RefuseFor(absl::Minutes(1)), 10) << "seed " << seed_;
  const int copies = RefuseFor(absl::Hours(1));
  EXPECT_GE(copies, 12) << "seed " << seed_;
  EXPECT_LE(copies, 40) << "seed " << seed_;
}

TEST_F(RouteRetriesTest, ConfirmedTries_GoOutInGrowingWaves) {
  retries_.BeginPass(now_);
  int sent = 0;
  int last = 0;
  for (int wave = 0; wave < 10; ++wave) {
    const int tried = Wave(kFull, 1'000);
    EXPECT_EQ(retries_.MayTry(kFull, now_), Retry::kWait);
    EXPECT_GE(tried, last);
    for (int i = 0; i < tried; ++i) retries_.Confirmed(kFull);
    sent += last = tried;
  }
  EXPECT_EQ(last, kCopiesPerMinuteMax);
  EXPECT_GT(sent, 100);
}

TEST_F(RouteRetriesTest, QueueWithRoomNowAndThen_CopiesOfAMinuteAreBounded) {
  constexpr int kMinutes = 60;
  const RouteRetries::Time end = now_ + std::chrono::minutes(kMinutes);
  int copies = 0;
  for (bool room = true; now_ < end; room = !room) {
    retries_.BeginPass(now_);
    for (int tried = Wave(kFull, 1'000); tried > 0; --tried) {
      if (room) {
        retries_.Confirmed(kFull);
      } else {
        retries_.Nacked(kFull, /*tried=*/true, now_);
        ++copies;
      }
    }
    now_ = std::max(now_ + std::chrono::milliseconds(100), std::min(retries_.NextDue(), end));
    if (retries_.NextDue() == RouteRetries::Time::max()) now_ += std::chrono::milliseconds(100);
  }
  EXPECT_LE(copies, (kMinutes + 1) * kCopiesPerMinuteMax);
}

TEST_F(RouteRetriesTest, OtherRoutes_AreTriedMeanwhile) {
  retries_.BeginPass(now_);
  EXPECT_EQ(Wave(kFull, 1), 1);
  retries_.Nacked(kFull, /*tried=*/true, now_);
  EXPECT_EQ(retries_.MayTry(kFull, now_), Retry::kSkip);
  EXPECT_EQ(Wave(kFree, 1), 1);
}

TEST_F(RouteRetriesTest, NewMessagesNacked_MakeThePauseNoLonger) {
  for (int i = 0; i < 100; ++i) retries_.Nacked(kFull, /*tried=*/false, now_);
  EXPECT_LE(retries_.NextDue(), now_ + std::chrono::seconds(1));
}

TEST_F(RouteRetriesTest, Refused_NamesTheRouteUntilATryIsConfirmedOrNoneIsLeft) {
  retries_.BeginPass(now_);
  for (const Route& route : {kFull, kFree}) {
    retries_.Nacked(route, /*tried=*/false, now_);
  }
  EXPECT_THAT(retries_.Refused(), ElementsAre(kFree, kFull));
  now_ += std::chrono::seconds(2);
  retries_.BeginPass(now_);
  EXPECT_EQ(Wave(kFull, 1), 1);
  retries_.Confirmed(kFull);
  EXPECT_THAT(retries_.Refused(), ElementsAre(kFree));
  retries_.BeginPass(now_ + std::chrono::minutes(1));
  EXPECT_THAT(retries_.Refused(), IsEmpty()) << "the pass had none of it";
}

}  // namespace
}  // namespace logistics::messaging
