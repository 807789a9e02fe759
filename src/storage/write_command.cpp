#include "storage/write_command.hpp"

#include <string_view>

#include "absl/hash/hash.h"

namespace logistics::storage {
namespace {

struct KeysOf {
  std::vector<std::size_t> operator()(const CreateOrderCommand& command) const {
    const domain::NewOrder& order = command.order;
    if (order.idempotency_key.empty()) return {};
    return {absl::HashOf(std::string_view("key"), order.order.customer_id, order.idempotency_key)};
  }
  std::vector<std::size_t> operator()(const ChangeStatusCommand& command) const {
    return {absl::HashOf(std::string_view("order"), command.change.order_id)};
  }
  std::vector<std::size_t> operator()(const CreateProductCommand& command) const {
    return {absl::HashOf(std::string_view("sku"), command.product.sku)};
  }
  std::vector<std::size_t> operator()(const AdjustStockCommand& /*command*/) const { return {}; }
};

}  // namespace

std::vector<std::size_t> ConflictKeys(const WriteCommand& command) { return std::visit(KeysOf{}, command); }

}  // namespace logistics::storage
