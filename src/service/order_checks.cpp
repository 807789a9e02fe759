#include "service/order_checks.hpp"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::service {
namespace {

using domain::FieldChecker;
using domain::OrderStatus;

// Stands in for the reason of a cancellation that came without one: OrderCancelled must have one.
constexpr char kNoReason[] = "no reason given";

std::optional<std::int64_t> ExpectedVersion(std::int64_t version, FieldChecker& fields) {
  if (version < 0) {
    fields.Add("expected_version", absl::StrCat(version, " is out of range, 1 or more (0 is any)"));
  }
  return version == 0 ? std::nullopt : std::optional(version);
}

}  // namespace

std::optional<domain::OrderStatus> OrderStatusFromWire(int number) {
  if (number <= static_cast<int>(OrderStatus::kUnknown) || number > static_cast<int>(OrderStatus::kReturned)) {
    return std::nullopt;
  }
  return static_cast<OrderStatus>(number);
}

absl::StatusOr<domain::NewOrder> MakeOrder(const domain::OrderDraft& draft, const domain::OrderDefaults& defaults,
                                           ports::IdGenerator& ids, const ports::Clock& clock) {
  absl::StatusOr<domain::NewOrder> order = domain::PriceOrder(draft, defaults);
  if (!order.ok()) return order.status();
  order->order.id = domain::OrderId(ids.NewId());
  order->order.created_at = domain::StoredTime(clock.Now());
  order->order.updated_at = order->order.created_at;
  return order;
}

absl::StatusOr<domain::OrderId> CheckOrderId(const std::string& order_id) {
  FieldChecker fields;
  const std::optional<domain::OrderId> id = fields.ParseId<domain::OrderId>("order_id", order_id);
  if (!id) return fields.ToStatus();
  return *id;
}

absl::StatusOr<domain::StatusChange> CheckUpdate(const UpdateStatusRequest& request) {
  FieldChecker fields;
  const auto id = fields.ParseId<domain::OrderId>("order_id", request.order_id);
  const std::optional<OrderStatus> status = OrderStatusFromWire(request.new_status);
  if (!status) fields.Add("new_status", absl::StrCat(request.new_status, " is not an order status, 1 to 6"));
  fields.Text("status_notes", request.notes, domain::kLongTextBytesMax);
  fields.Text("changed_by", request.changed_by, domain::kShortTextBytesMax);
  const std::optional<std::int64_t> version = ExpectedVersion(request.expected_version, fields);
  if (!fields.ok()) return fields.ToStatus();

  domain::StatusChange change{*id, *status, request.notes, request.changed_by, version};
  if (change.new_status == OrderStatus::kCancelled && change.notes.empty()) change.notes = kNoReason;
  return change;
}

absl::StatusOr<domain::StatusChange> CheckCancel(const CancelRequest& request) {
  FieldChecker fields;
  const auto id = fields.ParseId<domain::OrderId>("order_id", request.order_id);
  fields.Text("reason", request.reason, domain::kLongTextBytesMax);
  fields.Text("cancelled_by", request.cancelled_by, domain::kShortTextBytesMax);
  const std::optional<std::int64_t> version = ExpectedVersion(request.expected_version, fields);
  if (!fields.ok()) return fields.ToStatus();
  return domain::StatusChange{*id, OrderStatus::kCancelled, request.reason.empty() ? kNoReason : request.reason,
                              request.cancelled_by, version};
}

}  // namespace logistics::service
