#include "remote_inventory/grpc_inventory_peer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "remote_inventory/channel.hpp"
#include "remote_inventory/conversions.hpp"
#include "remote_inventory/errors.hpp"
#include "remote_inventory/parallel.hpp"

namespace logistics::remote_inventory {
namespace {

using ports::LevelRow;
using ports::PeerReserve;
using ports::PeerReserveAnswer;
using ports::PeerSettled;

// The peer checks none of this: a quantity of 0 succeeds there, a negative one makes stock (contract §2, point 12).
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
  // The method does not exist there, so the call had no effect.
  if (code == grpc::StatusCode::UNIMPLEMENTED) return PeerReserve::kNotSent;
  return IsAnswer(code) ? PeerReserve::kRefused : PeerReserve::kUnknown;
}

// Release and Commit: after any failure the next try finds out whether the reservation is still pending.
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

absl::StatusOr<LevelRow> GrpcInventoryPeer::Adjust(const ports::StockAdjustment& adjustment,
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
  const std::optional<LevelRow> level = LevelFrom(response.inventory_level());
  // The adjustment was done, whatever the answer looks like.
  return level && level->key == adjustment.key
             ? *level
             : LevelRow{adjustment.key,
                        {response.inventory_level().quantity(), response.inventory_level().reserved()},
                        absl::UnixEpoch()};
}

absl::StatusOr<std::vector<LevelRow>> GrpcInventoryPeer::Levels(const std::vector<domain::ProductId>& products,
                                                                const std::vector<domain::WarehouseId>& warehouses,
                                                                const ports::CallContext& context) {
  const std::set<domain::ProductId> wanted_products(products.begin(), products.end());
  const std::set<domain::WarehouseId> wanted_warehouses(warehouses.begin(), warehouses.end());
  // Empty = all. Without a product the peer is asked for every level: no contract says how it answers to a location
  // alone.
  std::vector<std::pair<std::string, std::string>> questions;
  for (const domain::ProductId& product : wanted_products) {
    if (wanted_warehouses.empty()) questions.emplace_back(product.ToString(), "");
    for (const domain::WarehouseId& warehouse : wanted_warehouses) {
      questions.emplace_back(product.ToString(), warehouse.ToString());
    }
  }
  if (questions.empty()) questions.emplace_back();

  std::mutex mutex;
  absl::Status failed;
  std::vector<LevelRow> rows;
  ForEachAtOnce(questions.size(), kReadsAtOnceMax, [&](std::size_t i) {
    {
      const std::scoped_lock lock(mutex);
      if (!failed.ok()) return;
    }
    absl::StatusOr<std::vector<LevelRow>> answer = AskLevels(questions[i].first, questions[i].second, context);
    const std::scoped_lock lock(mutex);
    if (!answer.ok()) {
      failed = answer.status();
    } else {
      rows.insert(rows.end(), answer->begin(), answer->end());
    }
  });
  if (!failed.ok()) return failed;

  // Levels that were not asked for are left out.
  const auto unasked = [&](const LevelRow& row) {
    return (!wanted_products.empty() && wanted_products.count(row.key.product_id) == 0) ||
           (!wanted_warehouses.empty() && wanted_warehouses.count(row.key.warehouse_id) == 0);
  };
  rows.erase(std::remove_if(rows.begin(), rows.end(), unasked), rows.end());
  std::sort(rows.begin(), rows.end(), [](const LevelRow& a, const LevelRow& b) { return a.key < b.key; });
  const auto same_key = [](const LevelRow& a, const LevelRow& b) { return a.key == b.key; };
  rows.erase(std::unique(rows.begin(), rows.end(), same_key), rows.end());
  return rows;
}

absl::StatusOr<std::vector<LevelRow>> GrpcInventoryPeer::AskLevels(const std::string& product,
                                                                   const std::string& warehouse,
                                                                   const ports::CallContext& context) {
  ::inventory::GetInventoryLevelsRequest request;
  if (!product.empty()) request.add_item_ids(product);
  if (!warehouse.empty()) request.add_location_ids(warehouse);
  ::inventory::GetInventoryLevelsResponse response;
  const CallOutcome outcome = caller_.Read(PeerMethod::kLevels, context, [&](grpc::ClientContext& client) {
    return stub_->GetInventoryLevels(&client, request, &response);
  });
  if (!outcome.sent()) return outcome.not_sent;
  if (!outcome.answer.ok()) return ToStatus(outcome.answer);
  std::vector<LevelRow> rows;
  for (const ::inventory::InventoryLevel& level : response.levels()) {
    const std::optional<LevelRow> row = LevelFrom(level);
    // A row left out would hide a location of the product (contract §2, point 10), so none is.
    if (!row) return absl::InternalError("the inventory service answered a level whose id is no UUID");
    rows.push_back(*row);
  }
  return rows;
}

absl::StatusOr<domain::Product> GrpcInventoryPeer::GetProduct(const domain::ProductId& id,
                                                              const ports::CallContext& context) {
  ::inventory::GetItemRequest request;
  request.set_id(id.ToString());
  ::inventory::ItemResponse response;
  const CallOutcome outcome = caller_.Read(PeerMethod::kGetItem, context, [&](grpc::ClientContext& client) {
    return stub_->GetItem(&client, request, &response);
  });
  if (!outcome.sent()) return outcome.not_sent;
  if (outcome.answer.error_code() == grpc::StatusCode::NOT_FOUND) {
    return absl::NotFoundError(absl::StrCat("product ", id.ToString(), " does not exist"));
  }
  if (!outcome.answer.ok()) return ToStatus(outcome.answer);
  std::optional<domain::Product> product = ProductFrom(response.item());
  if (!product || product->id != id) return absl::InternalError("the inventory service answered another product");
  return *std::move(product);
}

absl::StatusOr<ports::ProductPage> GrpcInventoryPeer::ListProducts(const std::string& category, int page, int page_size,
                                                                   const ports::CallContext& context) {
  ::inventory::ListItemsRequest request;
  request.set_category(category);
  request.set_page(page);
  request.set_page_size(page_size);
  ::inventory::ListItemsResponse response;
  const CallOutcome outcome = caller_.Read(PeerMethod::kListItems, context, [&](grpc::ClientContext& client) {
    return stub_->ListItems(&client, request, &response);
  });
  if (!outcome.sent()) return outcome.not_sent;
  if (!outcome.answer.ok()) return ToStatus(outcome.answer);
  ports::ProductPage result;
  result.total_count = response.total();
  for (const ::inventory::Item& item : response.items()) {
    std::optional<domain::Product> product = ProductFrom(item);
    if (!product) return absl::InternalError("the inventory service listed a product whose id is no UUID");
    result.products.push_back(*std::move(product));
  }
  return result;
}

}  // namespace logistics::remote_inventory
