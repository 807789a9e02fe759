#include "storage/batch/write_command.hpp"

#include <string_view>

#include "absl/hash/hash.h"

namespace logistics::storage {
namespace {

struct OrderOf {
  std::optional<domain::OrderId> operator()(const CreateOrderCommand& /*command*/) const { return std::nullopt; }
  std::optional<domain::OrderId> operator()(const CreateProductCommand& /*command*/) const { return std::nullopt; }
  std::optional<domain::OrderId> operator()(const AdjustStockCommand& /*command*/) const { return std::nullopt; }
  std::optional<domain::OrderId> operator()(const OpenIntentCommand& /*command*/) const { return std::nullopt; }
  std::optional<domain::OrderId> operator()(const CompleteIntentCommand& command) const {
    return command.order.order.id;
  }
  std::optional<domain::OrderId> operator()(const AbandonIntentCommand& command) const {
    return domain::OrderId(command.abandonment.id);
  }
  std::optional<domain::OrderId> operator()(const ChangeStatusCommand& command) const {
    return command.change.order_id;
  }
  std::optional<domain::OrderId> operator()(const ApplyPaymentCommand& command) const {
    return command.notice.order_id;
  }
  std::optional<domain::OrderId> operator()(const ReserveStockCommand& command) const {
    return domain::OrderId(command.hold.id);
  }
  std::optional<domain::OrderId> operator()(const SettleReservationCommand& command) const {
    return domain::OrderId(command.id);
  }
  std::optional<domain::OrderId> operator()(const ExpireReservationCommand& command) const {
    return domain::OrderId(command.id);
  }
};

struct KeysOf {
  static std::vector<std::size_t> OfKey(const domain::NewOrder& order) {
    if (order.idempotency_key.empty()) return {};
    return {absl::HashOf(std::string_view("key"), order.order.customer_id, order.idempotency_key)};
  }
  static std::size_t OfOrder(const domain::OrderId& id) { return absl::HashOf(std::string_view("order"), id); }
  std::vector<std::size_t> operator()(const CreateOrderCommand& command) const { return OfKey(command.order); }
  std::vector<std::size_t> operator()(const OpenIntentCommand& command) const { return OfKey(command.order); }
  std::vector<std::size_t> operator()(const CreateProductCommand& command) const {
    return {absl::HashOf(std::string_view("sku"), command.product.sku)};
  }
  std::vector<std::size_t> operator()(const AdjustStockCommand& /*command*/) const { return {}; }
  std::vector<std::size_t> operator()(const ApplyPaymentCommand& command) const {
    const ports::InboxEntry& entry = command.entry;
    std::vector<std::size_t> keys = {OfOrder(command.notice.order_id),
                                     absl::HashOf(std::string_view("message"), entry.consumer, entry.message_id)};
    if (command.notice.payment_id) {
      keys.push_back(absl::HashOf(std::string_view("payment"), *command.notice.payment_id));
    }
    return keys;
  }
  template <typename OfAnOrder>
  std::vector<std::size_t> operator()(const OfAnOrder& command) const {
    return {OfOrder(*OrderOf{}(command))};
  }
};

}  // namespace

std::optional<domain::OrderId> LockedOrder(const WriteCommand& command) { return std::visit(OrderOf{}, command); }

const domain::NewOrder* KeyClaimant(const WriteCommand& command) {
  const domain::NewOrder* order = nullptr;
  if (const auto* create = std::get_if<CreateOrderCommand>(&command)) order = &create->order;
  if (const auto* open = std::get_if<OpenIntentCommand>(&command)) order = &open->order;
  return order == nullptr || order->idempotency_key.empty() ? nullptr : order;
}

std::vector<std::size_t> ConflictKeys(const WriteCommand& command) { return std::visit(KeysOf{}, command); }

}  // namespace logistics::storage
