// The reads of GrpcInventoryPeer: repeated within the budget, one id a question.
#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "remote_inventory/conversions.hpp"
#include "remote_inventory/errors.hpp"
#include "remote_inventory/grpc_inventory_peer.hpp"
#include "remote_inventory/parallel.hpp"

namespace logistics::remote_inventory {

using ports::LevelRow;

absl::StatusOr<std::vector<LevelRow>> GrpcInventoryPeer::Levels(const std::vector<domain::ProductId>& products,
                                                                const std::vector<domain::WarehouseId>& warehouses,
                                                                const ports::CallContext& context) {
  const std::set<domain::ProductId> wanted_products(products.begin(), products.end());
  const std::set<domain::WarehouseId> wanted_warehouses(warehouses.begin(), warehouses.end());
  // Empty = all. Without a product the peer is asked for every level: what it says to a location alone is nowhere
  // promised.
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

  // Whatever the peer adds to what was asked for is left out.
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
    if (!row) return absl::InternalError("the inventory service answered a level of what is no UUID");
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
