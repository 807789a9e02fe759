#include "telemetry/readiness.hpp"

#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

namespace logistics::telemetry {
namespace {

using ports::HealthState;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Readiness, IsNotReadyUntilEveryComponentHasSpoken) {
  Readiness readiness({"database", "broker"});
  EXPECT_FALSE(readiness.ready());
  EXPECT_THAT(readiness.Text(), AllOf(StartsWith("not ready\n"), HasSubstr("database: down - starting\n")));
  readiness.Report("database", HealthState::kUp, "");
  EXPECT_FALSE(readiness.ready());
  readiness.Report("broker", HealthState::kDegraded, "connection refused");
  EXPECT_TRUE(readiness.ready());
  EXPECT_EQ(readiness.Text(), "ready\nbroker: degraded - connection refused\ndatabase: up\n");
}

TEST(Readiness, OneComponentDown_MakesAllNotReady) {
  Readiness readiness({"database"});
  readiness.Report("database", HealthState::kUp, "");
  readiness.Report("schema", HealthState::kDown, "a newer release has migrated\nthe database");
  EXPECT_FALSE(readiness.ready());
  EXPECT_THAT(readiness.Text(), HasSubstr("schema: down - a newer release has migrated the database\n"));
  readiness.Report("schema", HealthState::kUp, "");
  EXPECT_TRUE(readiness.ready());
}

TEST(Readiness, Draining_IsNotReadyWhateverThePartsSay) {
  Readiness readiness({"database"});
  readiness.Report("database", HealthState::kUp, "");
  readiness.SetDraining();
  readiness.Report("database", HealthState::kUp, "");
  EXPECT_FALSE(readiness.ready());
  EXPECT_THAT(readiness.Text(), StartsWith("not ready: draining\n"));
}

TEST(Readiness, Listener_GetsTheStateAtOnceAndEveryChange) {
  Readiness readiness({"database"});
  std::vector<bool> heard;
  readiness.SetListener([&](bool ready) { heard.push_back(ready); });
  readiness.Report("database", HealthState::kUp, "");
  readiness.Report("database", HealthState::kUp, "");
  readiness.Report("broker", HealthState::kDegraded, "away");
  readiness.Report("database", HealthState::kDown, "away");
  readiness.Report("database", HealthState::kUp, "");
  readiness.SetDraining();
  EXPECT_THAT(heard, ElementsAre(false, true, false, true, false));
}

TEST(Readiness, ReportsFromManyThreads_TheLastTellingIsTheLastState) {
  Readiness readiness({"a", "b"});
  bool last = true;
  readiness.SetListener([&](bool ready) { last = ready; });
  std::vector<std::thread> threads;
  for (const char* component : {"a", "b"}) {
    threads.emplace_back([&, component] {
      for (int i = 0; i <= 1000; ++i) {
        readiness.Report(component, i % 2 == 0 ? HealthState::kUp : HealthState::kDown, "");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(readiness.ready());
  EXPECT_TRUE(last);
}

}  // namespace
}  // namespace logistics::telemetry
