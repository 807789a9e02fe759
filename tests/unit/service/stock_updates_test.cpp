#include <atomic>
#include <map>
#include <thread>

#include "logistics/domain/errors.hpp"
#include "unit/service/stock_updates_fixture.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::SizeIs;

TEST_F(StockUpdatesTest, PresentLevelsFirst_ThenEachChange) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 5);
  StockReader reader(updates());
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
  StockReader boxes(updates());
  StockReader here(updates());
  StockReader one(updates());
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
  StockReader one(updates());
  StockReader two(updates());
  for (StockReader* reader : {&one, &two}) ASSERT_THAT(reader->Subscribe(), IsOk());
  EXPECT_NE(one.Next()->id, two.Next()->id);
  Adjust(box, 1);
  EXPECT_EQ(one.Next()->id, two.Next()->id);
}

TEST_F(StockUpdatesTest, BadIds_AreNamedAll) {
  StockReader reader(updates());
  const absl::Status status = reader.Subscribe({"box", ids_.NewId().ToString()}, {"here"});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(domain::FieldViolationsOf(status), SizeIs(2));
}

TEST_F(StockUpdatesTest, OneStreamTooMany_IsRefusedUntilOneLeaves) {
  options_.streams_max = 2;
  StockReader one(updates());
  StockReader two(updates());
  StockReader three(updates());
  ASSERT_THAT(one.Subscribe(), IsOk());
  ASSERT_THAT(two.Subscribe(), IsOk());
  const absl::Status refused = three.Subscribe();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(domain::RetryAfterOf(refused));
  one.Leave();
  EXPECT_THAT(three.Subscribe(), IsOk());
}

TEST_F(StockUpdatesTest, ReaderThatFallsBehind_IsEndedAndOthersAreNot) {
  options_.buffer = 16;
  const auto box = ProductWith("BOX", 1);
  StockReader slow(updates());
  StockReader quick(updates());
  for (StockReader* reader : {&slow, &quick}) ASSERT_THAT(reader->Subscribe(), IsOk());
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
  StockReader again(updates());
  ASSERT_THAT(again.Subscribe(), IsOk());
  EXPECT_EQ(again.NextQuantity(), 39);
}

TEST_F(StockUpdatesTest, Stop_EndsAllAndRefusesNewOnes) {
  ProductWith("BOX", 1);
  StockReader one(updates());
  StockReader two(updates());
  for (StockReader* reader : {&one, &two}) ASSERT_THAT(reader->Subscribe(), IsOk());
  EXPECT_EQ(one.NextQuantity(), 1);
  updates().Stop();
  for (StockReader* reader : {&one, &two}) {
    const auto end = reader->End();
    ASSERT_TRUE(end);
    EXPECT_THAT(*end, StatusIs(absl::StatusCode::kUnavailable));
  }
  StockReader late(updates());
  EXPECT_THAT(late.Subscribe(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(StockUpdatesTest, DatabaseUnavailable_LosesNothingAndRefusesNewStreams) {
  const auto box = ProductWith("BOX", 1);
  options_.poll = absl::Milliseconds(5);
  StockReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  EXPECT_EQ(reader.NextQuantity(), 1);
  store_.FailWith(absl::UnavailableError("the database is unavailable"));
  StockReader late(updates());
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
    StockReader reader(updates());
    ASSERT_THAT(reader.Subscribe({box.ToString()}), IsOk());
    std::int64_t quantity = reader.NextQuantity();
    for (int i = 0; i < 20 && quantity < kSteps + 1; ++i) ASSERT_EQ(reader.NextQuantity(), ++quantity);
  } while (!done);
  writer.join();
  StockReader last(updates());
  ASSERT_THAT(last.Subscribe(), IsOk());
  EXPECT_EQ(last.NextQuantity(), kSteps + 1);
}

}  // namespace
}  // namespace logistics::service
