#include "integration/peer/peer_fixture.hpp"

#include <future>

#include "absl/time/clock.h"

namespace logistics::peer {

inventory::StockReservationRequest ReserveOf(const std::string& order_id,
                                             const std::vector<std::pair<support::PeerProduct, int>>& items,
                                             const std::string& warehouse) {
  inventory::StockReservationRequest request;
  request.set_order_id(order_id);
  request.set_warehouse_id(warehouse);
  for (const auto& [product, quantity] : items) {
    inventory::ProductItem* item = request.add_items();
    item->set_product_id(product.id);
    item->set_quantity(quantity);
  }
  return request;
}

void SetDeadline(grpc::ClientContext& context) { context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience)); }

std::shared_ptr<grpc::Channel> PeerTest::Connect(grpc::ChannelArguments arguments) const {
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(peer_.address(), grpc::InsecureChannelCredentials(), arguments);
}

grpc::Status PeerTest::Reserve(const inventory::StockReservationRequest& request,
                               inventory::StockReservationResponse& response) {
  grpc::ClientContext context;
  SetDeadline(context);
  return stub_->CheckAndReserveStock(&context, request, &response);
}

grpc::Status PeerTest::Reserve(const inventory::StockReservationRequest& request) {
  inventory::StockReservationResponse response;
  return Reserve(request, response);
}

inventory::StockReservationResponse PeerTest::Reserved(const inventory::StockReservationRequest& request) {
  inventory::StockReservationResponse response;
  EXPECT_THAT(Reserve(request, response), CodeIs(grpc::StatusCode::OK));
  return response;
}

void PeerTest::ReserveAndGiveUp(const inventory::StockReservationRequest& request, const support::PeerSwitch& at) {
  const int id = peer_.Add(at);
  grpc::ClientContext context;
  auto call = std::async(std::launch::async, [&] {
    inventory::StockReservationResponse response;
    return stub_->CheckAndReserveStock(&context, request, &response);
  });
  peer_.AwaitWaiting(id);
  context.TryCancel();
  EXPECT_THAT(call.get(), CodeIs(grpc::StatusCode::CANCELLED));
}

grpc::Status PeerTest::Release(const std::string& id) {
  grpc::ClientContext context;
  SetDeadline(context);
  inventory::ReleaseStockRequest request;
  request.set_reservation_id(id);
  request.set_reason("test");
  inventory::ReleaseStockResponse response;
  return stub_->ReleaseReservedStock(&context, request, &response);
}

grpc::Status PeerTest::Commit(const std::string& id) {
  grpc::ClientContext context;
  SetDeadline(context);
  inventory::CommitReservationRequest request;
  request.set_reservation_id(id);
  inventory::CommitReservationResponse response;
  return stub_->CommitReservation(&context, request, &response);
}

grpc::Status PeerTest::Adjust(const std::string& item, const std::string& location, std::int64_t quantity) {
  grpc::ClientContext context;
  SetDeadline(context);
  inventory::AdjustInventoryRequest request;
  request.set_item_id(item);
  request.set_location_id(location);
  request.set_quantity(quantity);
  request.set_reason("test");
  inventory::AdjustInventoryResponse response;
  return stub_->AdjustInventory(&context, request, &response);
}

std::vector<inventory::InventoryLevel> PeerTest::Levels(const std::vector<std::string>& items,
                                                        const std::vector<std::string>& locations) {
  grpc::ClientContext context;
  SetDeadline(context);
  inventory::GetInventoryLevelsRequest request;
  request.mutable_item_ids()->Assign(items.begin(), items.end());
  request.mutable_location_ids()->Assign(locations.begin(), locations.end());
  inventory::GetInventoryLevelsResponse response;
  const grpc::Status status = stub_->GetInventoryLevels(&context, request, &response);
  EXPECT_THAT(status, CodeIs(grpc::StatusCode::OK));
  return {response.levels().begin(), response.levels().end()};
}

}  // namespace logistics::peer
