// StreamInventoryUpdates and the reservation calls over a real connection.
#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "unit/rpc/details.hpp"
#include "unit/rpc/server_fixture.hpp"
#include "unit/rpc/stream_reader.hpp"

namespace logistics::rpc {
namespace {

using ::inventory::InventoryUpdateEvent;

class StockReader : public StreamReader<InventoryUpdateEvent> {
 public:
  StockReader(int port, const std::vector<std::string>& items)
      : StreamReader(port, [&items](const auto& channel, grpc::ClientContext& context) {
          ::inventory::StreamInventoryUpdatesRequest request;
          for (const std::string& item : items) request.add_item_ids(item);
          return ::inventory::InventoryService::NewStub(channel)->StreamInventoryUpdates(&context, request);
        }) {}

  // -1 at the end.
  std::int64_t ReadQuantity() {
    InventoryUpdateEvent event;
    return Read(event) ? event.inventory_level().quantity() : -1;
  }
};

class InventoryStreamTest : public ServerFixture {
 protected:
  void SetUp() override { Start(); }

  void Adjust(const std::string& item, std::int64_t delta) {
    ::inventory::AdjustInventoryRequest adjust;
    adjust.set_item_id(item);
    adjust.set_quantity(delta);
    ::inventory::AdjustInventoryResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(inventory_->AdjustInventory(&context, adjust, &response).ok());
  }
  double OpenStreams() {
    return metrics_.Value("logistics_rpc_streams{method=inventory.InventoryService/StreamInventoryUpdates}");
  }
  void AwaitOpenStreams(double count) {
    while (OpenStreams() != count) std::this_thread::yield();  // the test's own time limit ends it
  }
};

TEST_F(InventoryStreamTest, InitialLevels_ThenUpdates) {
  const std::string box = AddProduct("BOX", 10);
  StockReader reader(port_, {box});
  InventoryUpdateEvent event;
  ASSERT_TRUE(reader.Read(event));
  EXPECT_EQ(event.event_type(), "initial");
  EXPECT_EQ(event.inventory_level().item_id(), box);
  EXPECT_EQ(event.inventory_level().location_id(), domain::kDefaultWarehouseId);
  EXPECT_EQ(event.inventory_level().quantity(), 10);
  EXPECT_TRUE(domain::Uuid::Parse(event.event_id()));
  PlaceOrder(OrderOf("BOX", 4, 1));
  ASSERT_TRUE(reader.Read(event));
  EXPECT_EQ(event.event_type(), "updated");
  EXPECT_EQ(event.inventory_level().reserved(), 4);
  EXPECT_EQ(event.inventory_level().available(), 6);
  EXPECT_EQ(event.timestamp().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(InventoryStreamTest, AmongWriters_EveryStreamSeesAChainWithoutAGap) {
  const std::string box = AddProduct("BOX", 1);
  constexpr int kWriters = 3;
  constexpr int kStepsEach = 60;
  constexpr std::int64_t kLast = 1 + kWriters * kStepsEach;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&] {
      for (int step = 0; step < kStepsEach; ++step) Adjust(box, 1);
    });
  }
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      StockReader reader(port_, {box});
      std::int64_t quantity = reader.ReadQuantity();
      while (quantity < kLast) ASSERT_EQ(reader.ReadQuantity(), ++quantity);
    });
  }
}

TEST_F(InventoryStreamTest, BadIds_AreInvalidArgumentNamingAll) {
  StockReader reader(port_, {"box", "lamp"});
  const grpc::Status status = reader.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto details = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(details);
  EXPECT_EQ(details->field_violations_size(), 2);
  EXPECT_NE(TrailingValue(reader.context(), "x-correlation-id"), "");
}

TEST_F(InventoryStreamTest, CallerThatGoes_LeavesNothingBehind) {
  const std::string box = AddProduct("BOX", 10);
  {
    StockReader reader(port_, {box});
    EXPECT_EQ(reader.ReadQuantity(), 10);
    EXPECT_EQ(OpenStreams(), 1);
  }
  AwaitOpenStreams(0);
  Adjust(box, 1);
  EXPECT_EQ(metrics_.Value("logistics_rpc_total{code=CANCELLED,method=inventory.InventoryService/"
                           "StreamInventoryUpdates}"),
            1);
}

TEST_F(InventoryStreamTest, ReaderThatDoesNotRead_IsEndedAndTheOthersGoOn) {
  const std::string box = AddProduct("BOX", 1);
  const auto product = *domain::ProductId::Parse(box);
  const auto warehouse = *domain::WarehouseId::Parse(domain::kDefaultWarehouseId);
  StockReader slow(port_, {box});
  StockReader quick(port_, {box});
  EXPECT_EQ(slow.ReadQuantity(), 1);
  EXPECT_EQ(quick.ReadQuantity(), 1);
  // Until what the connection takes up is full and so is the queue behind it.
  std::int64_t quantity = 1;
  while (metrics_.Value("logistics_stock_streams_behind_total") < 1) {
    for (int i = 0; i < 100; ++i) ASSERT_THAT(store_.Adjust({{product, warehouse}, 1, "", ""}, {}), fakes::IsOk());
    stock_updates_.Wake();
    for (int i = 0; i < 100; ++i) ASSERT_EQ(quick.ReadQuantity(), ++quantity);
  }
  const grpc::Status status = slow.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ASSERT_THAT(store_.Adjust({{product, warehouse}, 1, "", ""}, {}), fakes::IsOk());
  EXPECT_EQ(quick.ReadQuantity(), quantity + 1);
}

TEST_F(InventoryStreamTest, Shutdown_EndsStreamsWithUnavailable) {
  const std::string box = AddProduct("BOX", 1);
  StockReader one(port_, {box});
  StockReader two(port_, {});
  EXPECT_EQ(one.ReadQuantity(), 1);
  EXPECT_EQ(two.ReadQuantity(), 1);
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  for (StockReader* reader : {&one, &two}) {
    const grpc::Status status = reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(status));
  }
}

TEST_F(InventoryStreamTest, Shutdown_IsNotHeldUpByAReaderThatDoesNotRead) {
  const std::string box = AddProduct("BOX", 1);
  const auto product = *domain::ProductId::Parse(box);
  const auto warehouse = *domain::WarehouseId::Parse(domain::kDefaultWarehouseId);
  StockReader slow(port_, {box});
  EXPECT_EQ(slow.ReadQuantity(), 1);
  for (int i = 0; i < 3'000; ++i) ASSERT_THAT(store_.Adjust({{product, warehouse}, 1, "", ""}, {}), fakes::IsOk());
  stock_updates_.Wake();
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  EXPECT_EQ(OpenStreams(), 0);
}

}  // namespace
}  // namespace logistics::rpc
