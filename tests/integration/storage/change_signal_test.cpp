#include "fakes/bell.hpp"
#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using ports::HealthState;

constexpr absl::Duration kLongWait = absl::Seconds(30);

class ChangeSignalTest : public StorageFixture {
 protected:
  ChangeSignalTest() {
    DatabaseOptions options = Options();
    options.notify_poll = absl::Milliseconds(100);
    for (int i = 0; i < 2; ++i) {
      replicas_.push_back(NewReplica(options));
      replicas_.back()->database().OnChange([&bell = sleepers_[i]] { bell.Ring(); });
    }
  }
  // Listening, and past the wake-up that every new connection brings.
  void StartAll() {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      replicas_[i]->database().Start();
      EXPECT_TRUE(sleepers_[i].Await(0, absl::Now() + kLongWait));
      EXPECT_TRUE(replicas_[i]->health().WaitForState("postgres", HealthState::kUp, kLongWait));
    }
  }

  fakes::Bell sleepers_[2];
  std::vector<std::unique_ptr<Replica>> replicas_;  // last: they wake the sleepers until they are gone
};

TEST_F(ChangeSignalTest, CommitOfAnotherReplica_WakesTheSubscriber) {
  StartAll();
  const int before = sleepers_[1].rings();
  ProductWith(replicas_[0]->database(), 0);
  EXPECT_TRUE(sleepers_[1].Await(before, absl::Now() + kLongWait));
}

TEST_F(ChangeSignalTest, OwnCommit_WakesTheSubscriberAlsoWithoutAnyListening) {
  ProductWith(replicas_[0]->database(), 0);
  EXPECT_EQ(sleepers_[0].rings(), 1);
  EXPECT_EQ(sleepers_[1].rings(), 0);
}

TEST_F(ChangeSignalTest, RefusedCommand_WakesNoSubscriber) {
  const domain::ProductId product = ProductWith(replicas_[0]->database(), 1);
  const int before = sleepers_[0].rings();
  EXPECT_THAT(Create(replicas_[0]->database(), OrderOf(product, 2)),
              fakes::StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(sleepers_[0].rings(), before);
}

TEST_F(ChangeSignalTest, CutConnection_IsReportedAndHealsWithAWakeUp) {
  StartAll();
  fakes::RecordingHealth& health = replicas_[1]->health();
  const int before = sleepers_[1].rings();
  database_.CutConnections();
  EXPECT_TRUE(Eventually([&] {
    const auto entries = health.Entries();
    return std::any_of(entries.begin(), entries.end(),
                       [](const auto& entry) { return entry.state == HealthState::kDown; });
  }));
  EXPECT_TRUE(health.WaitForState("postgres", HealthState::kUp, kLongWait));
  // What was committed meanwhile may not have been heard of.
  EXPECT_TRUE(sleepers_[1].Await(before, absl::Now() + kLongWait));
  const int healed = sleepers_[1].rings();
  EXPECT_TRUE(Eventually([&] {
    ProductWith(replicas_[0]->database(), 0);
    return sleepers_[1].rings() > healed;
  }));
}

}  // namespace
}  // namespace logistics::storage
