// Postgres cuts everybody off again and again, as it does when it is restarted: no false ack, and nothing twice.
#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

constexpr int kCuts = 12;
constexpr int kKeyedCallers = 6;
constexpr int kKeylessCallers = 4;

class CutConnectionsTest : public StorageFixture {
 protected:
  CutConnectionsTest() {
    for (int i = 0; i < 2; ++i) replicas_.push_back(NewReplica());
    product_ = ProductWith(replicas_[0]->database(), 1'000'000);
  }

  // Says the same order again until it hears OK, to another replica each time.
  void RunKeyed(int caller) {
    for (int i = 0; !done_; ++i) {
      const std::string key = std::to_string(caller) + "-" + std::to_string(i);
      for (int attempt = 0;; ++attempt) {
        const auto made =
            Create(replicas_[static_cast<std::size_t>(attempt + caller) % 2]->database(), OrderOf(product_, 1, key));
        if (!made.ok()) {
          ASSERT_TRUE(absl::IsUnavailable(made.status())) << made.status();
          continue;
        }
        const std::lock_guard lock(mutex_);
        EXPECT_TRUE(keyed_.insert(made->id).second) << "two keys were answered with one order";
        break;
      }
    }
  }

  void RunKeyless(int caller) {
    while (!done_) {
      const auto made = Create(replicas_[static_cast<std::size_t>(caller) % 2]->database(), OrderOf(product_, 1));
      ASSERT_TRUE(made.ok() || absl::IsUnavailable(made.status())) << made.status();
      const std::lock_guard lock(mutex_);
      if (made.ok()) {
        keyless_.insert(made->id);
      } else {
        ++unanswered_;
      }
    }
  }

  std::vector<std::unique_ptr<Replica>> replicas_;
  domain::ProductId product_;
  std::atomic<bool> done_ = false;
  std::mutex mutex_;
  std::set<domain::OrderId> keyed_;    // guarded by mutex_
  std::set<domain::OrderId> keyless_;  // guarded by mutex_
  std::int64_t unanswered_ = 0;        // guarded by mutex_
};

TEST_F(CutConnectionsTest, UnderLoad_EveryAnsweredOrderIsThereAndNoneTwice) {
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kKeyedCallers; ++i) callers.emplace_back([this, i] { RunKeyed(i); });
    for (int i = 0; i < kKeylessCallers; ++i) callers.emplace_back([this, i] { RunKeyless(i); });
    for (int cut = 0; cut < kCuts; ++cut) {
      const std::int64_t before = Number("SELECT value FROM change_counter");
      EXPECT_TRUE(Eventually([&] { return Number("SELECT value FROM change_counter") > before + 3; }))
          << "no order was stored after cut " << cut;
      EXPECT_GT(database_.CutConnections(), 0);
    }
    done_ = true;
  }

  std::set<domain::OrderId> stored;
  for (const pqxx::row& row : database_.Query("SELECT id FROM orders")) {
    stored.insert(*domain::OrderId::Parse(row[0].c_str()));
  }
  for (const auto* answered : {&keyed_, &keyless_}) {
    for (const domain::OrderId& id : *answered) {
      EXPECT_TRUE(stored.contains(id)) << "answered and not there: " << id.ToString();
    }
  }
  // With a key: just those. Without: besides them at most the ones that were answered as unknown.
  EXPECT_EQ(Number("SELECT count(*) FROM idempotency_keys"), static_cast<std::int64_t>(keyed_.size()));
  const std::int64_t keyless = Orders() - static_cast<std::int64_t>(keyed_.size());
  EXPECT_GE(keyless, static_cast<std::int64_t>(keyless_.size()));
  EXPECT_LE(keyless, static_cast<std::int64_t>(keyless_.size()) + unanswered_);
  EXPECT_EQ(Reserved(product_), Orders());
  ExpectConsistent();
  std::cout << keyed_.size() + keyless_.size() << " orders answered, " << unanswered_ << " not, commits in doubt "
            << replicas_[0]->Count("commits_in_doubt_total") + replicas_[1]->Count("commits_in_doubt_total") << "\n";
}

}  // namespace
}  // namespace logistics::storage
