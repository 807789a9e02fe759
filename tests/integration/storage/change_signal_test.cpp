#include <condition_variable>
#include <mutex>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using ports::HealthState;

constexpr absl::Duration kLongWait = absl::Seconds(30);

// How often it was woken. Thread-safe.
class Sleeper {
 public:
  std::function<void()> Wake() {
    return [this] {
      const std::lock_guard lock(mutex_);
      ++wakes_;
      changed_.notify_all();
    };
  }
  int wakes() const {
    const std::lock_guard lock(mutex_);
    return wakes_;
  }
  bool AwaitMoreThan(int wakes) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoMilliseconds(kLongWait), [&] { return wakes_ > wakes; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int wakes_ = 0;  // guarded by mutex_
};

class ChangeSignalTest : public StorageFixture {
 protected:
  ChangeSignalTest() {
    DatabaseOptions options = Options();
    options.notify_poll = absl::Milliseconds(100);
    for (int i = 0; i < 2; ++i) {
      replicas_.push_back(NewReplica(options));
      replicas_.back()->database().OnChange(sleepers_[i].Wake());
    }
  }
  // Listening, and past the wake-up that every new connection brings.
  void StartAll() {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      replicas_[i]->database().Start();
      EXPECT_TRUE(sleepers_[i].AwaitMoreThan(0));
      EXPECT_EQ(replicas_[i]->health().Last("postgres")->state, HealthState::kUp);
    }
  }

  Sleeper sleepers_[2];
  std::vector<std::unique_ptr<Replica>> replicas_;  // last: they wake the sleepers until they are gone
};

TEST_F(ChangeSignalTest, CommitOfAnotherReplica_WakesTheSubscriber) {
  StartAll();
  const int before = sleepers_[1].wakes();
  ProductWith(replicas_[0]->database(), 0);
  EXPECT_TRUE(sleepers_[1].AwaitMoreThan(before));
}

TEST_F(ChangeSignalTest, OwnCommit_WakesTheSubscriberAlsoWithoutAnyListening) {
  ProductWith(replicas_[0]->database(), 0);
  EXPECT_EQ(sleepers_[0].wakes(), 1);
  EXPECT_EQ(sleepers_[1].wakes(), 0);
}

TEST_F(ChangeSignalTest, RefusedCommand_WakesNobody) {
  const domain::ProductId product = ProductWith(replicas_[0]->database(), 1);
  const int before = sleepers_[0].wakes();
  EXPECT_THAT(Create(replicas_[0]->database(), OrderOf(product, 2)),
              fakes::StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(sleepers_[0].wakes(), before);
}

TEST_F(ChangeSignalTest, CutConnection_IsReportedAndHealsWithAWakeUp) {
  StartAll();
  fakes::RecordingHealth& health = replicas_[1]->health();
  const int before = sleepers_[1].wakes();
  database_.CutConnections();
  EXPECT_TRUE(Eventually([&] {
    const auto entries = health.Entries();
    return std::any_of(entries.begin(), entries.end(),
                       [](const auto& entry) { return entry.state == HealthState::kDown; });
  }));
  EXPECT_TRUE(health.WaitForState("postgres", HealthState::kUp, kLongWait));
  // What was committed meanwhile may not have been heard of.
  EXPECT_TRUE(sleepers_[1].AwaitMoreThan(before));
  const int healed = sleepers_[1].wakes();
  EXPECT_TRUE(Eventually([&] {
    ProductWith(replicas_[0]->database(), 0);
    return sleepers_[1].wakes() > healed;
  }));
}

}  // namespace
}  // namespace logistics::storage
