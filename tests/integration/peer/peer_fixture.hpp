// The inventory peer over the wire, as the daemon will meet it.
#pragma once

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "inventory.grpc.pb.h"
#include "support/inventory_peer.hpp"
#include "support/postgres.hpp"

namespace logistics::peer {

inline constexpr char kHome[] = "00000000-0000-0000-0000-000000000001";
inline constexpr char kElsewhere[] = "00000000-0000-0000-0000-000000000002";
inline constexpr char kUnknownId[] = "7d9f0a52-4b8e-4c1d-9d51-0e5b6a3c2f10";
inline constexpr absl::Duration kPatience = absl::Seconds(60);

MATCHER_P(CodeIs, code, "") {
  *result_listener << "which is " << arg.error_code() << ": " << arg.error_message();
  return arg.error_code() == code;
}

// Each product once, by id.
inventory::StockReservationRequest ReserveOf(const std::string& order_id,
                                             const std::vector<std::pair<support::PeerProduct, int>>& items,
                                             const std::string& warehouse = kHome);

class PeerTest : public testing::Test {
 protected:
  PeerTest() : peer_(database_.url()), channel_(Connect()), stub_(inventory::InventoryService::NewStub(channel_)) {}

  // A channel of its own each time.
  std::shared_ptr<grpc::Channel> Connect(grpc::ChannelArguments arguments = {}) const;

  grpc::Status Reserve(const inventory::StockReservationRequest& request,
                       inventory::StockReservationResponse& response);
  grpc::Status Reserve(const inventory::StockReservationRequest& request);
  // The answer of a reserve that has to be answered.
  inventory::StockReservationResponse Reserved(const inventory::StockReservationRequest& request);
  // A reserve that a switch holds up, and whose caller gives up then.
  void ReserveAndGiveUp(const inventory::StockReservationRequest& request, const support::PeerSwitch& at);
  grpc::Status Release(const std::string& id);
  grpc::Status Commit(const std::string& id);
  grpc::Status Adjust(const std::string& item, const std::string& location, std::int64_t quantity);
  std::vector<inventory::InventoryLevel> Levels(const std::vector<std::string>& items,
                                                const std::vector<std::string>& locations);
  support::PeerLevel LevelOf(const support::PeerProduct& product, const std::string& location = kHome) const {
    return peer_.Level(product.id, location).value();
  }

  test::TestDatabase database_;
  support::InventoryPeer peer_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<inventory::InventoryService::Stub> stub_;
};

// For calls that have to be answered.
void SetDeadline(grpc::ClientContext& context);

}  // namespace logistics::peer
