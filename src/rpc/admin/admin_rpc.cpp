#include "rpc/admin/admin_rpc.hpp"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "rpc/call/timestamps.hpp"

namespace logistics::rpc {
namespace {

constexpr int kWaitingListedDefault = 100;
constexpr int kWaitingListedMax = 1'000;
constexpr std::size_t kWaitingBytesMax = 1'000'000;

template <typename Message>
void FillKey(const domain::LevelKey& key, Message& message) {
  message.set_product_id(key.product_id.ToString());
  message.set_warehouse_id(key.warehouse_id.ToString());
}

void Fill(const service::LevelDrift& drift, ::logistics::admin::LevelDrift& message) {
  FillKey(drift.key, message);
  message.set_drift(drift.drift());
  message.set_reserved(drift.reserved);
  message.set_expected_min(drift.expected_min);
  message.set_expected_max(drift.expected_max);
  message.set_level_missing(!drift.at_peer);
}

void Fill(const ports::LevelRow& row, ::logistics::admin::DamagedLevel& message) {
  FillKey(row.key, message);
  message.set_quantity(row.level.quantity);
  message.set_reserved(row.level.reserved);
  message.set_available(row.said_available.value_or(row.level.available()));
}

void Fill(const service::MultiLocationProduct& product, ::logistics::admin::MultiLocationProduct& message) {
  message.set_product_id(product.product_id.ToString());
  for (const domain::WarehouseId& warehouse : product.warehouses) message.add_warehouse_ids(warehouse.ToString());
}

void Fill(const ports::StuckSettlement& stuck, ::logistics::admin::StuckSettlement& message) {
  message.set_reservation_id(stuck.reservation_id.ToString());
  message.set_steps(stuck.steps);
  message.set_attempts(stuck.attempts);
  message.set_last_error(stuck.last_error);
  message.set_age_seconds(absl::ToDoubleSeconds(stuck.age));
}

void Fill(const ports::RestockInDoubt& restock, ::logistics::admin::RestockInDoubt& message) {
  message.set_reservation_id(restock.reservation_id.ToString());
  FillKey(restock.key, message);
  message.set_sku(restock.sku);
  message.set_quantity(restock.quantity);
  message.set_reason(restock.reason);
  FillTimestamp(restock.since, *message.mutable_since());
}

void Fill(const ports::WaitingMessage& waiting, ::logistics::admin::WaitingMessage& message) {
  message.set_id(waiting.id);
  message.set_consumer(waiting.message.consumer);
  message.set_message_id(waiting.message.message_id);
  message.set_event_type(waiting.message.event_type);
  message.set_order_id(waiting.message.order_id.ToString());
  message.set_exchange(waiting.message.exchange);
  message.set_routing_key(waiting.message.routing_key);
  message.set_attempts(waiting.attempts);
  FillTimestamp(waiting.arrived_at, *message.mutable_arrived_at());
  FillTimestamp(waiting.due_at, *message.mutable_due_at());
  message.set_last_error(waiting.last_error);
  message.set_body(waiting.message.body);
}

template <typename Rows, typename Messages>
void FillAll(const Rows& rows, Messages& messages) {
  for (const auto& row : rows) Fill(row, *messages.Add());
}

void FillReport(const service::Reconciliation& found, ::logistics::admin::ReconcileInventoryResponse& response) {
  response.set_levels(found.levels);
  response.set_drift_products(found.drift_products);
  response.set_drift_pieces(found.drift_pieces);
  FillAll(found.drifts, *response.mutable_drifts());
  FillAll(found.damaged, *response.mutable_damaged());
  FillAll(found.multi_location, *response.mutable_multi_location());
  FillAll(found.stuck, *response.mutable_stuck());
  FillAll(found.in_doubt, *response.mutable_in_doubt());
  response.set_settled_again(found.requeued.reservations);
  response.set_settled_again_all(found.requeued.all);
}

}  // namespace

AdminRpc::AdminRpc(service::Reconciler* reconciler, ports::Inbox* inbox, CallRuntime& runtime)
    : CallService("logistics.admin.AdminService", runtime), reconciler_(reconciler), inbox_(inbox) {
  Unary("ReconcileInventory", &AdminRpc::ReconcileInventory);
  Unary("ListWaitingMessages", &AdminRpc::ListWaitingMessages);
}

absl::Status AdminRpc::ReconcileInventory(CallScope& call, const ::logistics::admin::ReconcileInventoryRequest& request,
                                          ::logistics::admin::ReconcileInventoryResponse& response) {
  if (reconciler_ == nullptr) {
    response.set_embedded(true);
    return absl::OkStatus();
  }
  const absl::StatusOr<service::Reconciliation> found = reconciler_->Reconcile(request.fix(), call.context());
  if (found.ok()) FillReport(*found, response);
  return found.status();
}

absl::Status AdminRpc::ListWaitingMessages(CallScope& call,
                                           const ::logistics::admin::ListWaitingMessagesRequest& request,
                                           ::logistics::admin::ListWaitingMessagesResponse& response) {
  if (inbox_ == nullptr) return absl::OkStatus();
  if (request.limit() < 0 || request.limit() > kWaitingListedMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("limit is ", request.limit(), "; allowed is 0 to ", kWaitingListedMax));
  }
  const int limit = request.limit() == 0 ? kWaitingListedDefault : request.limit();
  const auto waiting = inbox_->List(request.consumer(), request.after(), limit + 1, call.context());
  if (!waiting.ok()) return waiting.status();
  // A body has up to 256 KiB: the answer ends before it exceeds the message size of callers.
  std::size_t bytes = 0;
  for (const ports::WaitingMessage& message : *waiting) {
    bytes += message.message.body.size();
    const bool full = response.messages_size() == limit || (bytes > kWaitingBytesMax && response.messages_size() > 0);
    if (full) {
      response.set_more(true);
      break;
    }
    Fill(message, *response.add_messages());
  }
  return absl::OkStatus();
}

}  // namespace logistics::rpc
