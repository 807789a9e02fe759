#include "remote_inventory/grpc_inventory_peer.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "remote_inventory/channel.hpp"
#include "remote_inventory/conversions.hpp"
#include "remote_inventory/errors.hpp"

namespace logistics::remote_inventory {
namespace {

using ports::PeerReserve;
using ports::PeerReserveAnswer;
using ports::PeerSettled;

// The peer looks at nothing of this: 0 is a success there, a negative quantity makes stock (contract §2, point 12).
absl::Status CheckReservation(const domain::Uuid& order_id, const std::vector<domain::StockItem>& items) {
  if (order_id.is_nil()) return absl::InvalidArgumentError("a reservation needs an order id");
  if (items.empty()) return absl::InvalidArgumentError("a reservation needs items");
  absl::flat_hash_set<domain::ProductId> seen;
  for (const domain::StockItem& item : items) {
    if (item.product_id.uuid().is_nil()) return absl::InvalidArgumentError("an item names no product");
    if (item.quantity <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("quantity ", item.quantity, " of product ", item.product_id.ToString(), " is not above 0"));
    }
    if (!seen.insert(item.product_id).second) {
      return absl::InvalidArgumentError(absl::StrCat("product ", item.product_id.ToString(), " is named twice"));
    }
  }
  return absl::OkStatus();
}

PeerReserve OutcomeOf(grpc::StatusCode code) {
  // The method does not exist there, so nothing has happened.
  if (code == grpc::StatusCode::UNIMPLEMENTED) return PeerReserve::kNotSent;
  return IsAnswer(code) ? PeerReserve::kRefused : PeerReserve::kUnknown;
}

// Release and Commit: whatever went wrong, the next try finds out what is still pending.
absl::StatusOr<PeerSettled> SettledOf(const CallOutcome& outcome, bool success, const char* what,
                                      const domain::Uuid& order_id) {
  if (!outcome.sent()) return outcome.not_sent;
  const grpc::Status& answer = outcome.answer;
  if (answer.ok()) {
    if (success) return PeerSettled::kDone;
    spdlog::warn("inventory: {} of {} was answered without success", what, order_id.ToString());
    return TryAgain("the inventory service did not settle the reservation", kRetryAfter);
  }
  if (IsNothingPending(answer)) return PeerSettled::kNothingPending;
  const absl::Status status = ToStatus(answer);
  if (status.code() == absl::StatusCode::kInternal) {
    return TryAgain("the inventory service failed to settle the reservation", kRetryAfter);
  }
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcInventoryPeer>> GrpcInventoryPeer::Connect(const PeerOptions& options,
                                                                              const ports::Clock& clock,
                                                                              ports::Metrics& metrics,
                                                                              ports::HealthReporter& health) {
  absl::StatusOr<PeerUrl> url = ParsePeerUrl(options.url);
  if (!url.ok()) return url.status();
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = MakeChannel(*url, options);
  if (!channel.ok()) return channel.status();
  std::unique_ptr<GrpcInventoryPeer> peer(
      new GrpcInventoryPeer(options, *std::move(url), *channel, clock, metrics, health));
  peer->watch_.Start();
  return peer;
}

GrpcInventoryPeer::GrpcInventoryPeer(const PeerOptions& options, PeerUrl url,
                                     const std::shared_ptr<grpc::Channel>& channel, const ports::Clock& clock,
                                     ports::Metrics& metrics, ports::HealthReporter& health)
    : url_(std::move(url)),
      caller_(options, channel, clock, metrics),
      stub_(::inventory::InventoryService::NewStub(channel)),
      watch_(url_.display, options.compression == Compression::kGzip, channel, caller_, health, metrics) {}

GrpcInventoryPeer::~GrpcInventoryPeer() { Stop(); }

void GrpcInventoryPeer::Stop() {
  caller_.CancelAll();
  watch_.Stop();
}

PeerReserveAnswer GrpcInventoryPeer::Reserve(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                                             const std::vector<domain::StockItem>& items,
                                             const ports::CallContext& context) {
  PeerReserveAnswer result;
  result.status = CheckReservation(order_id, items);
  if (!result.status.ok()) return result;

  ::inventory::StockReservationRequest request;
  FillReservation(order_id, warehouse, items, request);
  ::inventory::StockReservationResponse response;
  const CallOutcome outcome = caller_.Once(PeerMethod::kReserve, context, [&](grpc::ClientContext& client) {
    return stub_->CheckAndReserveStock(&client, request, &response);
  });
  if (!outcome.sent()) {
    result.status = outcome.not_sent;
    return result;
  }
  if (!outcome.answer.ok()) {
    result.outcome = OutcomeOf(outcome.answer.error_code());
    result.message = outcome.answer.error_message();
    result.status = ToStatus(outcome.answer);
    return result;
  }
  // `success` alone counts: an item that lost a race says in_stock all the same (contract §2, point 2).
  result.outcome = response.success() ? PeerReserve::kHeld : PeerReserve::kRefused;
  result.items = AvailabilityFrom(response, items);
  result.message = response.message();
  return result;
}

absl::StatusOr<PeerSettled> GrpcInventoryPeer::Release(const domain::Uuid& order_id, const std::string& reason,
                                                       const ports::CallContext& context) {
  ::inventory::ReleaseStockRequest request;
  request.set_reservation_id(order_id.ToString());
  request.set_order_id(order_id.ToString());
  request.set_reason(reason);
  ::inventory::ReleaseStockResponse response;
  const CallOutcome outcome = caller_.Once(PeerMethod::kRelease, context, [&](grpc::ClientContext& client) {
    return stub_->ReleaseReservedStock(&client, request, &response);
  });
  return SettledOf(outcome, response.success(), "the release", order_id);
}

absl::StatusOr<PeerSettled> GrpcInventoryPeer::Commit(const domain::Uuid& order_id, const ports::CallContext& context) {
  ::inventory::CommitReservationRequest request;
  request.set_reservation_id(order_id.ToString());
  request.set_order_id(order_id.ToString());
  ::inventory::CommitReservationResponse response;
  const CallOutcome outcome = caller_.Once(PeerMethod::kCommit, context, [&](grpc::ClientContext& client) {
    return stub_->CommitReservation(&client, request, &response);
  });
  return SettledOf(outcome, response.success(), "the commit", order_id);
}

absl::StatusOr<ports::LevelRow> GrpcInventoryPeer::Adjust(const ports::StockAdjustment& adjustment,
                                                          const ports::CallContext& context, bool& sent) {
  sent = false;
  if (adjustment.delta == 0) return absl::InvalidArgumentError("an adjustment by 0 changes nothing");
  ::inventory::AdjustInventoryRequest request;
  request.set_item_id(adjustment.key.product_id.ToString());
  request.set_location_id(adjustment.key.warehouse_id.ToString());
  request.set_quantity(adjustment.delta);
  request.set_reason(adjustment.reason);
  request.set_reference(adjustment.reference);
  ::inventory::AdjustInventoryResponse response;
  const CallOutcome outcome = caller_.Once(PeerMethod::kAdjust, context, [&](grpc::ClientContext& client) {
    return stub_->AdjustInventory(&client, request, &response);
  });
  if (!outcome.sent()) return outcome.not_sent;
  sent = outcome.answer.error_code() != grpc::StatusCode::UNIMPLEMENTED;
  if (!outcome.answer.ok()) return ToStatus(outcome.answer);
  const std::optional<ports::LevelRow> level = LevelFrom(response.inventory_level());
  // It was done, whatever the answer looks like.
  return level && level->key == adjustment.key
             ? *level
             : ports::LevelRow{adjustment.key,
                               {response.inventory_level().quantity(), response.inventory_level().reserved()},
                               absl::UnixEpoch()};
}

}  // namespace logistics::remote_inventory
