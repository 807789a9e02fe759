#include "logistics/service/streams/stock_updates.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <thread>

#include "absl/time/clock.h"
#include "fakes/bell.hpp"
#include "fakes/counting_metrics.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::SizeIs;

constexpr absl::Duration kReaderPatience = absl::Seconds(30);

// One stream as a reader sees it.
class Reader {
 public:
  explicit Reader(StockUpdates& updates) : updates_(updates) {}
  ~Reader() { Leave(); }

  absl::Status Subscribe(const std::vector<std::string>& items = {}, const std::vector<std::string>& locations = {}) {
    // The hub may be about to wake a reader that leaves.
    auto feed = updates_.Subscribe(items, locations, [bell = bell_] { bell->Ring(); });
    if (feed.ok()) feed_ = *feed;
    return feed.status();
  }
  void Leave() {
    if (feed_ != nullptr) updates_.Unsubscribe(std::exchange(feed_, nullptr));
  }

  // The next update; null when the stream has ended, or nothing comes.
  std::shared_ptr<const StockUpdate> Next() {
    return bell_
        ->AwaitResult([&] { return feed_->Next(); }, [&] { return feed_->Ended().has_value(); }, kReaderPatience)
        .value_or(nullptr);
  }
  std::int64_t NextQuantity() {
    const auto update = Next();
    return update ? update->level.level.quantity : -1;
  }
  std::optional<absl::Status> End() {
    while (Next()) {
    }
    const auto end = feed_->Ended();
    return end ? std::optional(end->status) : std::nullopt;
  }
  StockFeed& feed() { return *feed_; }

 private:
  StockUpdates& updates_;
  std::shared_ptr<StockFeed> feed_;
  const std::shared_ptr<fakes::Bell> bell_ = std::make_shared<fakes::Bell>();
};

class StockUpdatesTest : public testing::Test {
 protected:
  // Never by itself: what is not woken does not come.
  static StockUpdatesOptions WithoutPoll() {
    StockUpdatesOptions options;
    options.poll = absl::Hours(1);
    return options;
  }
  StockUpdates& updates() {
    if (!updates_) {
      updates_.emplace(store_, ids_, metrics_, options_);
      updates_->Start();
    }
    return *updates_;
  }
  domain::ProductId ProductWith(const std::string& sku, std::int64_t quantity) {
    const domain::ProductId id(ids_.NewId());
    EXPECT_THAT(store_.CreateProduct({id, sku, "", "", "", {}, clock_.Now(), clock_.Now()}, {}), IsOk());
    Adjust(id, quantity);
    return id;
  }
  void Adjust(const domain::ProductId& id, std::int64_t delta) { Adjust(id, delta, warehouse_); }
  void Adjust(const domain::ProductId& id, std::int64_t delta, const domain::WarehouseId& warehouse) {
    EXPECT_THAT(store_.Adjust({{id, warehouse}, delta, "", ""}, {}), IsOk());
    if (updates_) updates_->Wake();
  }

  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  fakes::CountingMetrics metrics_;
  fakes::MemoryStore store_{ids_, clock_};
  const domain::WarehouseId warehouse_{ids_.NewId()};
  StockUpdatesOptions options_ = WithoutPoll();
  std::optional<StockUpdates> updates_;
};

TEST_F(StockUpdatesTest, PresentLevelsFirst_ThenEachChange) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 5);
  Reader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  std::map<domain::ProductId, std::int64_t> levels;
  for (int i = 0; i < 2; ++i) {
    const auto update = reader.Next();
    ASSERT_TRUE(update);
    EXPECT_TRUE(update->initial);
    levels[update->level.key.product_id] = update->level.level.quantity;
  }
  EXPECT_THAT(levels, ElementsAre(std::pair(box, 10), std::pair(lamp, 5)));
  Adjust(box, 3);
  Adjust(lamp, -1);
  const auto update = reader.Next();
  ASSERT_TRUE(update);
  EXPECT_FALSE(update->initial);
  EXPECT_EQ(update->level.key, (domain::LevelKey{box, warehouse_}));
  EXPECT_EQ(update->level.level.quantity, 13);
  EXPECT_EQ(reader.NextQuantity(), 4);
}

TEST_F(StockUpdatesTest, Filter_IsForItemsAndLocations) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 20);
  const domain::WarehouseId other(ids_.NewId());
  Adjust(box, 30, other);
  Reader boxes(updates());
  Reader here(updates());
  Reader one(updates());
  ASSERT_THAT(boxes.Subscribe({box.ToString()}), IsOk());
  ASSERT_THAT(here.Subscribe({}, {warehouse_.ToString()}), IsOk());
  ASSERT_THAT(one.Subscribe({lamp.ToString(), box.ToString()}, {other.ToString()}), IsOk());
  EXPECT_EQ(boxes.NextQuantity() + boxes.NextQuantity(), 40);
  EXPECT_EQ(here.NextQuantity() + here.NextQuantity(), 30);
  EXPECT_EQ(one.NextQuantity(), 30);
  Adjust(box, 1, other);
  Adjust(lamp, 1);
  Adjust(box, 1);
  EXPECT_EQ(boxes.NextQuantity(), 31);
  EXPECT_EQ(boxes.NextQuantity(), 11);
  EXPECT_EQ(here.NextQuantity(), 21);
  EXPECT_EQ(here.NextQuantity(), 11);
  EXPECT_EQ(one.NextQuantity(), 31);
  EXPECT_FALSE(one.feed().Next());
}

TEST_F(StockUpdatesTest, AChange_HasOneIdOnAllStreams) {
  const auto box = ProductWith("BOX", 10);
  Reader one(updates());
  Reader two(updates());
  for (Reader* reader : {&one, &two}) ASSERT_THAT(reader->Subscribe(), IsOk());
  EXPECT_NE(one.Next()->id, two.Next()->id);
  Adjust(box, 1);
  EXPECT_EQ(one.Next()->id, two.Next()->id);
}

TEST_F(StockUpdatesTest, BadIds_AreNamedAll) {
  Reader reader(updates());
  const absl::Status status = reader.Subscribe({"box", ids_.NewId().ToString()}, {"here"});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(domain::FieldViolationsOf(status), SizeIs(2));
}

TEST_F(StockUpdatesTest, OneStreamTooMany_IsRefusedUntilOneLeaves) {
  options_.streams_max = 2;
  Reader one(updates());
  Reader two(updates());
  Reader three(updates());
  ASSERT_THAT(one.Subscribe(), IsOk());
  ASSERT_THAT(two.Subscribe(), IsOk());
  const absl::Status refused = three.Subscribe();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(domain::RetryAfterOf(refused));
  one.Leave();
  EXPECT_THAT(three.Subscribe(), IsOk());
}

TEST_F(StockUpdatesTest, ReaderThatFallsBehind_IsEndedAndOthersAreNot) {
  options_.behind_max = 10;
  const auto box = ProductWith("BOX", 1);
  Reader slow(updates());
  Reader quick(updates());
  for (Reader* reader : {&slow, &quick}) ASSERT_THAT(reader->Subscribe(), IsOk());
  EXPECT_EQ(quick.NextQuantity(), 1);
  for (int i = 2; i < 40; ++i) {
    Adjust(box, 1);
    EXPECT_EQ(quick.NextQuantity(), i);
  }
  const auto end = slow.End();
  ASSERT_TRUE(end);
  EXPECT_THAT(*end, StatusIs(absl::StatusCode::kResourceExhausted, testing::HasSubstr("connect again")));
  EXPECT_EQ(metrics_.Value("logistics_stock_streams_behind_total"), 1);
  // Connected again it begins with what is there now.
  Reader again(updates());
  ASSERT_THAT(again.Subscribe(), IsOk());
  EXPECT_EQ(again.NextQuantity(), 39);
}

TEST_F(StockUpdatesTest, Stop_EndsAllAndRefusesNewOnes) {
  ProductWith("BOX", 1);
  Reader one(updates());
  Reader two(updates());
  for (Reader* reader : {&one, &two}) ASSERT_THAT(reader->Subscribe(), IsOk());
  EXPECT_EQ(one.NextQuantity(), 1);
  updates().Stop();
  for (Reader* reader : {&one, &two}) {
    const auto end = reader->End();
    ASSERT_TRUE(end);
    EXPECT_THAT(*end, StatusIs(absl::StatusCode::kUnavailable));
  }
  Reader late(updates());
  EXPECT_THAT(late.Subscribe(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(StockUpdatesTest, DatabaseUnavailable_LosesNothingAndRefusesNewStreams) {
  const auto box = ProductWith("BOX", 1);
  options_.poll = absl::Milliseconds(5);
  Reader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  EXPECT_EQ(reader.NextQuantity(), 1);
  store_.FailWith(absl::UnavailableError("the database is unavailable"));
  Reader late(updates());
  ASSERT_THAT(late.Subscribe(), IsOk());
  EXPECT_THAT(*late.End(), StatusIs(absl::StatusCode::kUnavailable));
  store_.FailWith(absl::OkStatus());
  Adjust(box, 1);
  Adjust(box, 1);
  EXPECT_EQ(reader.NextQuantity(), 2);
  EXPECT_EQ(reader.NextQuantity(), 3);
}

// Streams that come and go while everything changes: what each has seen is a chain without a gap to the end.
TEST_F(StockUpdatesTest, StreamsThatComeAndGoAmongWriters_MissNothing) {
  const auto box = ProductWith("BOX", 1);
  options_.commits_page = 3;
  updates();
  constexpr int kSteps = 400;
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < kSteps; ++i) Adjust(box, 1);
    done = true;
  });
  do {
    Reader reader(updates());
    ASSERT_THAT(reader.Subscribe({box.ToString()}), IsOk());
    std::int64_t quantity = reader.NextQuantity();
    for (int i = 0; i < 20 && quantity < kSteps + 1; ++i) ASSERT_EQ(reader.NextQuantity(), ++quantity);
  } while (!done);
  writer.join();
  Reader last(updates());
  ASSERT_THAT(last.Subscribe(), IsOk());
  EXPECT_EQ(last.NextQuantity(), kSteps + 1);
}

}  // namespace
}  // namespace logistics::service
