// Stock that other services reserve by themselves, on the built binary: held over a crash, streamed, and expired.
#include <gmock/gmock.h>

#include <csignal>

#include "absl/time/clock.h"
#include "e2e/world.hpp"

namespace logistics::e2e {
namespace {

constexpr char kWarehouse[] = "00000000-0000-0000-0000-000000000001";

grpc::Status Reserve(Daemon& daemon, const std::string& id, const Product& product, int quantity,
                     inventory::StockReservationResponse& response) {
  inventory::StockReservationRequest request;
  request.set_order_id(id);
  request.set_warehouse_id(kWarehouse);
  inventory::ProductItem& item = *request.add_items();
  item.set_product_id(product.id);
  item.set_quantity(quantity);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  return daemon.inventory().CheckAndReserveStock(&context, request, &response);
}

grpc::Status Release(Daemon& daemon, const std::string& id) {
  inventory::ReleaseStockRequest request;
  request.set_reservation_id(id);
  inventory::ReleaseStockResponse response;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  return daemon.inventory().ReleaseReservedStock(&context, request, &response);
}

// The changes of one product, as a stream of its own tells them.
class Stream {
 public:
  Stream(Daemon& daemon, const Product& product) {
    inventory::StreamInventoryUpdatesRequest request;
    request.add_item_ids(product.id);
    context_.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    reader_ = daemon.inventory().StreamInventoryUpdates(&context_, request);
  }
  // "initial 10/0", "updated 10/3": quantity and what of it is reserved. "end" at the end.
  std::string Next() {
    inventory::InventoryUpdateEvent event;
    if (!reader_->Read(&event)) return "end";
    return event.event_type() + " " + std::to_string(event.inventory_level().quantity()) + "/" +
           std::to_string(event.inventory_level().reserved());
  }
  grpc::Status Finish() { return reader_->Finish(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<inventory::InventoryUpdateEvent>> reader_;
};

class ReservationTest : public testing::Test {
 protected:
  World world_;
};

TEST_F(ReservationTest, HeldOverACrash_StreamedFromTwoReplicas_AndToldToTheMesh) {
  Daemon first(world_.Serve());
  Daemon second(world_.Serve());
  for (Daemon* daemon : {&first, &second}) daemon->WaitUntilPublishing();
  const Product product = AddProduct(first, 10);
  const std::string id = NewUuid();
  Stream stream(second, product);
  EXPECT_EQ(stream.Next(), "initial 10/0");
  inventory::StockReservationResponse held;
  ASSERT_TRUE(Reserve(first, id, product, 3, held).ok());
  EXPECT_TRUE(held.success());
  EXPECT_EQ(stream.Next(), "updated 10/3");
  first.process().Kill();

  ASSERT_TRUE(Reserve(second, id, product, 3, held).ok()) << "the same hold is held already";
  EXPECT_TRUE(held.success());
  EXPECT_EQ(LevelOf(second, product).reserved(), 3);
  const Answer order = Create(second, OrderOf(product, 2));
  ASSERT_TRUE(order.status.ok());
  EXPECT_EQ(stream.Next(), "updated 10/5");
  EXPECT_EQ(Release(second, order.order.id()).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  ASSERT_TRUE(Release(second, id).ok());
  EXPECT_EQ(stream.Next(), "updated 10/2");
  EXPECT_TRUE(
      support::Eventually([&] { return world_.database.QueryNumber("SELECT count(*) FROM outbox") == 0; }, kPatience))
      << "reserved and released are told";

  second.process().Signal(SIGTERM);
  EXPECT_EQ(stream.Next(), "end");
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto ending = second.process().Wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->exit_code, 0);
}

TEST_F(ReservationTest, WhatWaitsTooLong_IsReleasedAndItsOrderCancelled) {
  world_.flags["inventory-reservation-ttl"] = "5s";
  Daemon daemon(world_.Serve());
  daemon.WaitUntilReady();
  const Product product = AddProduct(daemon, 10);
  const Answer waiting = Create(daemon, OrderOf(product, 2));
  const Answer moved_on = Create(daemon, OrderOf(product, 1));
  ASSERT_TRUE(ChangeStatus(daemon, moved_on.order.id(), order::ORDER_STATUS_PROCESSING).status.ok());
  inventory::StockReservationResponse held;
  ASSERT_TRUE(Reserve(daemon, NewUuid(), product, 3, held).ok());
  EXPECT_TRUE(support::Eventually([&] { return LevelOf(daemon, product).reserved() == 1; }, kPatience));
  EXPECT_EQ(GetOrder(daemon, waiting.order.id()).order.status(), order::ORDER_STATUS_CANCELLED);
  EXPECT_EQ(GetOrder(daemon, moved_on.order.id()).order.status(), order::ORDER_STATUS_PROCESSING);
  EXPECT_TRUE(support::Eventually([&] { return daemon.Metric("logistics_reservations_expired_total") == 2; }));
}

}  // namespace
}  // namespace logistics::e2e
