#include "logistics/base/backoff.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

namespace logistics::base {
namespace {

// Always the same number: 0 draws the least of a range, the largest one the most.
struct Drawing {
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return number; }
  result_type number = 0;
};

constexpr absl::Duration kMin = absl::Milliseconds(10);
constexpr absl::Duration kMax = absl::Milliseconds(100);

TEST(BackoffDelay, AtLeast_HalfOfTheDoublingUpToItsBound) {
  Drawing least;
  std::vector<absl::Duration> delays;
  for (const int attempt : {0, 1, 2, 3, 4, 5, 1000}) delays.push_back(BackoffDelay(kMin, kMax, attempt, least));
  const auto ms = [](int count) { return absl::Milliseconds(count); };
  EXPECT_THAT(delays, testing::ElementsAre(ms(5), ms(10), ms(20), ms(40), ms(50), ms(50), ms(50)));
}

TEST(BackoffDelay, AtMost_TheWholeOfIt) {
  Drawing most{Drawing::max()};
  for (const int attempt : {0, 1, 2, 3, 4, 1000}) {
    const absl::Duration full = attempt < 4 ? kMin * (1 << attempt) : kMax;
    const absl::Duration delay = BackoffDelay(kMin, kMax, attempt, most);
    EXPECT_LE(delay, full) << attempt;
    EXPECT_GT(delay, full * 0.999) << attempt;
  }
}

TEST(BackoffDelay, WithoutABoundThatCounts_StaysFinite) {
  Drawing most{Drawing::max()};
  EXPECT_LT(BackoffDelay(absl::Hours(24), absl::InfiniteDuration(), std::numeric_limits<int>::max(), most),
            absl::InfiniteDuration());
}

TEST(BackoffDelay, FailedTogether_ComeBackApart) {
  std::mt19937 random(1);
  const absl::Duration first = BackoffDelay(kMin, kMax, 3, random);
  const absl::Duration second = BackoffDelay(kMin, kMax, 3, random);
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace logistics::base
