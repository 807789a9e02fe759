// The harness itself: what must fail a test.
#include "support/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <signal.h>

#include <cmath>

#include "support/samples.hpp"

namespace logistics::support {
namespace {

// Stands still until the process is gone, without waiting for it as a test would.
void LetEnd(Process& process) {
  while (process.running()) continue;
}

TEST(ProcessTest, EndedByItself_FailsTheTestThatKillsIt) {
  Process process({{"sh", "-c", "exit 3"}, {}});
  LetEnd(process);
  EXPECT_NONFATAL_FAILURE(process.Kill(), "ended by itself: exit code 3");
}

TEST(ProcessTest, EndedByItself_FailsTheTestThatForgetsIt) {
  EXPECT_NONFATAL_FAILURE(
      {
        Process process({{"sh", "-c", "kill -ABRT $$"}, {}});
        LetEnd(process);
      },
      "signal 6");
}

TEST(ProcessTest, EndThatATestWaitedFor_IsNone) {
  Process process({{"true"}, {}});
  EXPECT_TRUE(process.Wait().has_value());
  process.Kill();
  Process killed({{"sleep", "1000"}, {}});
  killed.Kill();
  killed.Kill();
  Process free({{"true"}, {}, /*may_end=*/true});
  LetEnd(free);
}

TEST(ProcessTest, ReportOfASanitizer_FailsTheTest) {
  for (const std::string report :
       {"ERROR: AddressSanitizer: heap-use-after-free", "runtime error: signed integer overflow",
        "ERROR: LeakSanitizer: detected memory leaks", "WARNING: ThreadSanitizer: data race"}) {
    EXPECT_NONFATAL_FAILURE(RunToEnd({{"sh", "-c", "echo '==7==" + report + "' >&2"}, {}}), report);
  }
}

TEST(SamplesTest, MissingSample_IsNoZero) {
  const std::string metrics = "# TYPE a counter\na{x=\"1\"} 0\nab 2\n";
  EXPECT_EQ(SampleOf(metrics, "a{x=\"1\"}"), 0);
  EXPECT_EQ(SampleOf(metrics, "ab"), 2);
  EXPECT_TRUE(std::isnan(SampleOf(metrics, "a")));
}

}  // namespace
}  // namespace logistics::support
