// All changes have one order, and it is the order of commit: whoever has seen number n has everything up to n.
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "fakes/seed.hpp"
#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

constexpr int kReplicas = 8;
constexpr int kCallersEach = 2;
constexpr int kCommandsEach = 30;

// Reads what is after the last number it has seen, as relay and streams do, and holds it to the one order.
class Follower {
 public:
  explicit Follower(const std::string& url) : connection_(url) {}

  void Read() {
    pqxx::nontransaction work(connection_);
    const pqxx::result rows = work.exec(
        "SELECT c.number, h.order_id, h.version, (SELECT count(*) FROM outbox_events o WHERE o.batch_id = c.batch_id) "
        "FROM commits c LEFT JOIN order_status_history h ON h.batch_id = c.batch_id WHERE c.number > " +
        std::to_string(seen_) + " ORDER BY c.number, h.order_id");
    std::int64_t number = seen_;
    for (const pqxx::row& row : rows) {
      if (row[0].as<std::int64_t>() != number) {
        ASSERT_EQ(row[0].as<std::int64_t>(), number + 1) << "a gap, or a number that came late";
        ++number;
      }
      changes_ += row[1].is_null() ? 0 : 1;
      EXPECT_GT(row[3].as<std::int64_t>(), 0) << "commit " << number << " is there without its events";
      if (row[1].is_null()) continue;
      std::int64_t& version = versions_[row[1].c_str()];
      EXPECT_EQ(row[2].as<std::int64_t>(), version + 1) << "order " << row[1].c_str() << " in commit " << number;
      version = row[2].as<std::int64_t>();
    }
    seen_ = number;
  }

  std::int64_t seen() const { return seen_; }
  std::int64_t changes() const { return changes_; }
  void StartAt(std::int64_t number) { seen_ = number; }

 private:
  pqxx::connection connection_;
  std::int64_t seen_ = 0;
  std::int64_t changes_ = 0;
  std::map<std::string, std::int64_t> versions_;
};

class OneOrderTest : public StorageFixture {
 protected:
  void RunCaller(Database& database, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < kCommandsEach; ++i) {
      const domain::ProductId product = products_[random() % products_.size()];
      switch (random() % 5) {
        case 0: {
          EXPECT_THAT(
              database.stock().Adjust({{product, warehouse_}, 1 + static_cast<std::int64_t>(random() % 9), "", ""}, {}),
              fakes::IsOk());
          break;
        }
        case 1: {
          // Often an order that another replica changes at this moment; what is not legal any more is refused.
          const std::optional<domain::OrderId> order = AnyOrder(random());
          if (!order) break;
          const auto status = random() % 2 == 0 ? domain::OrderStatus::kProcessing : domain::OrderStatus::kCancelled;
          const auto changed = database.orders().ChangeStatus({*order, status, "", "", std::nullopt}, {});
          EXPECT_TRUE(changed.ok() || absl::IsFailedPrecondition(changed.status())) << changed.status();
          break;
        }
        default: {
          const auto made = Create(database, OrderOf(product, 1));
          ASSERT_THAT(made, fakes::IsOk());
          const std::lock_guard lock(mutex_);
          orders_.push_back(made->id);
        }
      }
    }
  }

  std::optional<domain::OrderId> AnyOrder(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    if (orders_.empty()) return std::nullopt;
    return orders_[number % orders_.size()];
  }

  std::vector<domain::ProductId> products_;
  std::mutex mutex_;
  std::vector<domain::OrderId> orders_;  // guarded by mutex_
};

TEST_F(OneOrderTest, EightWritersAndAReader_NeverAGapNorANumberAfterAHigherOne) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(testing::Message() << "LOGISTICS_TEST_SEED=" << seed);
  std::cout << "seed " << seed << "\n";
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < kReplicas; ++i) replicas.push_back(NewReplica());
  for (int i = 0; i < 3; ++i) products_.push_back(ProductWith(replicas[0]->database(), 1'000'000));

  Follower follower(database_.url());
  follower.StartAt(Number("SELECT value FROM change_counter"));
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    while (!done && !testing::Test::HasFatalFailure()) follower.Read();
  });
  AtOnce(kReplicas * kCallersEach, [&](int i) {
    RunCaller(replicas[static_cast<std::size_t>(i / kCallersEach)]->database(), seed + static_cast<std::uint64_t>(i));
  });
  done = true;
  reader.join();
  follower.Read();

  EXPECT_EQ(follower.seen(), Number("SELECT value FROM change_counter"));
  EXPECT_EQ(follower.changes(), Number("SELECT count(*) FROM order_status_history"));
  ExpectConsistent();
}

}  // namespace
}  // namespace logistics::storage
