// Many levels, readers who take little, and a database that is replaced.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "fakes/eventually.hpp"
#include "fakes/seed.hpp"
#include "logistics/domain/errors.hpp"
#include "unit/service/stock_updates_fixture.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::SizeIs;

using StockUpdatesBoundsTest = StockUpdatesTest;

TEST_F(StockUpdatesBoundsTest, Levels_AreReadPageByPageAsTheReaderTakesThem) {
  options_.buffer = 16;
  options_.page = 8;
  constexpr std::size_t kLevels = 200;
  for (std::size_t i = 0; i < kLevels; ++i) ProductWith("SKU-" + std::to_string(i), 1);
  StockReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  std::set<domain::LevelKey> keys;
  for (std::size_t i = 0; i < kLevels; ++i) {
    const auto update = reader.Next();
    ASSERT_TRUE(update);
    EXPECT_TRUE(update->initial);
    keys.insert(update->level.key);
    ASSERT_LE(log_.levels_read(), i + 1 + 16 + 8) << "no more than the feed and a page wait";
  }
  EXPECT_THAT(keys, SizeIs(kLevels));
}

// A change that comes while levels wait is behind none of them.
TEST_F(StockUpdatesBoundsTest, SlowReaderOfManyLevelsAmongWriters_MissesNothing) {
  options_.buffer = 16;
  options_.page = 8;
  options_.commits_page = 3;
  std::vector<domain::ProductId> products;
  for (int i = 0; i < 100; ++i) products.push_back(ProductWith("SKU-" + std::to_string(i), 1));
  constexpr int kChanges = 600;
  const int levels = static_cast<int>(products.size());
  StockReader reader(updates());
  std::atomic<int> sum = 0;    // of the pieces that the reader has seen
  std::atomic<int> begun = 0;  // levels that it has seen
  std::jthread writer([&] {
    const std::uint64_t seed = fakes::TestSeed();
    std::mt19937_64 random(seed);
    for (int i = 0; i < kChanges; ++i) {
      // A live stream that falls behind its buffer is ended: so only half of it may wait then.
      while (begun == levels && levels + i - sum >= options_.buffer / 2) std::this_thread::yield();
      Adjust(products[random() % products.size()], 1);
    }
  });
  ASSERT_THAT(reader.Subscribe(), IsOk());
  std::map<domain::LevelKey, std::int64_t> quantities;
  while (sum < levels + kChanges) {
    const auto update = reader.Next();
    if (!update) begun = -1;  // lets the writer go on
    ASSERT_TRUE(update) << "ended with " << sum << " pieces seen";
    const auto [level, initial] = quantities.try_emplace(update->level.key, update->level.level.quantity);
    if (!initial) ++level->second;
    EXPECT_EQ(update->initial, initial) << "each level once";
    EXPECT_EQ(update->level.level.quantity, level->second) << "and each change of it after that, once";
    sum += initial ? static_cast<int>(level->second) : 1;
    if (initial) ++begun;
  }
  EXPECT_FALSE(reader.feed().Next());
}

TEST_F(StockUpdatesBoundsTest, DatabaseReplacedByAnotherState_EndsAllStreamsAndTheNextBeginWithItsLevels) {
  options_.poll = absl::Milliseconds(5);
  const auto box = ProductWith("BOX", 10);
  for (const bool behind : {true, false}) {
    StockReader live(updates());
    ASSERT_THAT(live.Subscribe(), IsOk());
    ASSERT_EQ(live.NextQuantity(), 10);
    // The new primary has not the last commits. Its numbers are behind ours, or have been given out again since.
    fakes::MemoryStore other(ids_, clock_);
    EXPECT_THAT(other.CreateProduct({box, "BOX", "", "", "", {}, clock_.Now(), clock_.Now()}, {}), IsOk());
    for (int i = 0; i < (behind ? 0 : 9); ++i) EXPECT_THAT(other.Adjust({{box, warehouse_}, 1, "", ""}, {}), IsOk());
    log_.SwitchTo(other, behind ? 1 : 2);
    const auto end = live.End();
    ASSERT_TRUE(end) << "numbers " << (behind ? "behind" : "given out again");
    EXPECT_THAT(*end, StatusIs(absl::StatusCode::kUnavailable, testing::HasSubstr("connect again")));
    EXPECT_TRUE(domain::RetryAfterOf(*end));
    StockReader again(updates());
    ASSERT_THAT(again.Subscribe(), IsOk());
    if (!behind) {
      EXPECT_EQ(again.NextQuantity(), 9);
    }
    EXPECT_THAT(other.Adjust({{box, warehouse_}, 5, "", ""}, {}), IsOk());
    EXPECT_EQ(again.NextQuantity(), behind ? 5 : 14);
    again.Leave();
    live.Leave();
    updates_.reset();
    log_.SwitchTo(store_, 1);
  }
}

TEST_F(StockUpdatesBoundsTest, DatabaseReplacedWhileLevelsWait_EndsTheStream) {
  options_.buffer = 16;
  options_.page = 8;
  options_.poll = absl::Milliseconds(5);
  for (int i = 0; i < 100; ++i) ProductWith("SKU-" + std::to_string(i), 1);
  StockReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.Next());
  log_.SwitchTo(store_, 2);
  const auto end = reader.End();
  ASSERT_TRUE(end);
  EXPECT_THAT(*end, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(StockUpdatesBoundsTest, ReaderWhoTakesNothing_IsEndedAfterTheIdleTime) {
  options_.poll = absl::Milliseconds(5);
  options_.idle_write_timeout = absl::Milliseconds(50);
  ProductWith("BOX", 1);
  StockReader idle(updates());
  StockReader reading(updates());
  for (StockReader* reader : {&idle, &reading}) ASSERT_THAT(reader->Subscribe(), IsOk());
  EXPECT_EQ(reading.NextQuantity(), 1);
  ASSERT_TRUE(fakes::Eventually([&] { return idle.feed().Ended().has_value(); }));
  EXPECT_THAT(idle.feed().Ended()->status,
              StatusIs(absl::StatusCode::kResourceExhausted, testing::HasSubstr("nothing was read")));
  EXPECT_EQ(metrics_.Value("logistics_stock_streams_stalled_total"), 1);
  EXPECT_FALSE(reading.feed().Ended()) << "nothing waits for that one";
}

}  // namespace
}  // namespace logistics::service
