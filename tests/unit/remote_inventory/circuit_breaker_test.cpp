#include "remote_inventory/circuit_breaker.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "fakes/counting_metrics.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/status_matchers.hpp"
#include "gtest/gtest.h"
#include "logistics/domain/errors.hpp"

namespace logistics::remote_inventory {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

constexpr char kTransitions[] = "logistics_inventory_breaker_transitions_total";

class CircuitBreakerTest : public testing::Test {
 protected:
  void Call(Verdict verdict) {
    absl::StatusOr<CircuitBreaker::Permit> permit = breaker_.TryEnter();
    ASSERT_THAT(permit, IsOk());
    permit->Report(verdict, "a test");
  }
  void Open() {
    for (int i = 0; i < options_.failures; ++i) Call(Verdict::kFailed);
    ASSERT_EQ(breaker_.state(), BreakerState::kOpen);
  }

  const BreakerOptions options_{.failures = 3, .open_for = absl::Seconds(5), .probes = 2};
  fakes::FakeClock clock_;
  fakes::CountingMetrics metrics_;
  CircuitBreaker breaker_{options_, clock_, metrics_};
};

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARowOnly) {
  Call(Verdict::kFailed);
  Call(Verdict::kFailed);
  Call(Verdict::kAnswered);
  Call(Verdict::kFailed);
  Call(Verdict::kFailed);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  Call(Verdict::kFailed);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, CallsCutShortByTheirCallersSayNothing) {
  for (int i = 0; i < 10 * options_.failures; ++i) Call(Verdict::kNothing);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  // Nor do they make up for a failure.
  Call(Verdict::kFailed);
  Call(Verdict::kNothing);
  Call(Verdict::kFailed);
  Call(Verdict::kFailed);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, Open_TurnsAwayWithTheTimeThatIsLeft) {
  Open();
  clock_.Advance(absl::Seconds(3));
  const absl::Status refused = breaker_.TryEnter().status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(domain::RetryAfterOf(refused), absl::Seconds(2));
  EXPECT_FALSE(breaker_.WantsProbe());
  EXPECT_EQ(metrics_.Value("logistics_inventory_breaker_refused_total"), 1);
}

TEST_F(CircuitBreakerTest, HalfOpen_LetsABoundedNumberThroughAndClosesAfterAsManySuccesses) {
  Open();
  clock_.Advance(options_.open_for);
  EXPECT_TRUE(breaker_.WantsProbe());
  std::vector<CircuitBreaker::Permit> permits;
  for (int i = 0; i < options_.probes; ++i) {
    absl::StatusOr<CircuitBreaker::Permit> permit = breaker_.TryEnter();
    ASSERT_THAT(permit, IsOk());
    permits.push_back(*std::move(permit));
  }
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  EXPECT_FALSE(breaker_.WantsProbe());
  const absl::Status refused = breaker_.TryEnter().status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(domain::RetryAfterOf(refused).has_value());

  permits[0].Report(Verdict::kAnswered);
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  permits[1].Report(Verdict::kAnswered);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, ClosedToCalls_ForAsLongAsTheyAreTurnedAway) {
  EXPECT_EQ(breaker_.ClosedToCallsFor(), absl::ZeroDuration());
  Open();
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(breaker_.ClosedToCallsFor(), absl::Seconds(2));
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(breaker_.ClosedToCallsFor(), absl::ZeroDuration()) << "a probe gets through";
  std::vector<CircuitBreaker::Permit> probes;
  for (int i = 0; i < options_.probes; ++i) probes.push_back(*breaker_.TryEnter());
  EXPECT_GT(breaker_.ClosedToCallsFor(), absl::ZeroDuration());
  EXPECT_EQ(metrics_.Value("logistics_inventory_breaker_refused_total"), 0);
}

TEST_F(CircuitBreakerTest, HalfOpen_AFailureOpensForTheWholeTimeAgain) {
  Open();
  clock_.Advance(options_.open_for);
  Call(Verdict::kFailed);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  clock_.Advance(options_.open_for - absl::Milliseconds(1));
  EXPECT_THAT(breaker_.TryEnter(), StatusIs(absl::StatusCode::kUnavailable));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(breaker_.TryEnter(), IsOk());
}

TEST_F(CircuitBreakerTest, HalfOpen_AProbeThatNeverReportsGivesItsPlaceBack) {
  Open();
  clock_.Advance(options_.open_for);
  for (int i = 0; i < 10 * options_.probes; ++i) EXPECT_THAT(breaker_.TryEnter(), IsOk()) << i;
  Call(Verdict::kAnswered);
  Call(Verdict::kAnswered);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, ReportsFromBeforeTheLastChangeCountForNothing) {
  absl::StatusOr<CircuitBreaker::Permit> late_success = breaker_.TryEnter();
  absl::StatusOr<CircuitBreaker::Permit> late_failure = breaker_.TryEnter();
  Open();
  clock_.Advance(options_.open_for);
  absl::StatusOr<CircuitBreaker::Permit> probe = breaker_.TryEnter();
  late_success->Report(Verdict::kAnswered);
  late_failure->Report(Verdict::kFailed);
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  probe->Report(Verdict::kAnswered);
  Call(Verdict::kAnswered);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, AClockSetBackDoesNotKeepItOpen) {
  Open();
  clock_.Advance(-absl::Hours(1));
  EXPECT_THAT(breaker_.TryEnter(), IsOk());
}

TEST_F(CircuitBreakerTest, StateAndTransitionsAreCounted) {
  EXPECT_EQ(metrics_.Value("logistics_inventory_breaker_state"), 0);
  Open();
  EXPECT_EQ(metrics_.Value("logistics_inventory_breaker_state"), 2);
  clock_.Advance(options_.open_for);
  Call(Verdict::kAnswered);
  EXPECT_EQ(metrics_.Value("logistics_inventory_breaker_state"), 1);
  Call(Verdict::kAnswered);
  EXPECT_EQ(metrics_.Value("logistics_inventory_breaker_state"), 0);
  for (const char* to : {"open", "half_open", "closed"}) EXPECT_EQ(metrics_.Value(kTransitions, {{"to", to}}), 1) << to;
}

}  // namespace
}  // namespace logistics::remote_inventory
