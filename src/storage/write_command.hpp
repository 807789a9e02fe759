#pragma once

#include <cstddef>
#include <variant>
#include <vector>

#include "logistics/domain/order.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/stock_store.hpp"
#include "storage/batcher.hpp"

namespace logistics::storage {

struct CreateOrderCommand {
  domain::NewOrder order;
};
struct ChangeStatusCommand {
  domain::StatusChange change;
};
struct CreateProductCommand {
  domain::Product product;
};
struct AdjustStockCommand {
  ports::StockAdjustment adjustment;
};

// Everything that writes goes through one batcher as one of these.
using WriteCommand = std::variant<CreateOrderCommand, ChangeStatusCommand, CreateProductCommand, AdjustStockCommand>;
using WriteResult = std::variant<domain::Order, domain::Product, ports::LevelRow>;
using PendingWrite = Pending<WriteCommand, WriteResult>;
using WriteBatch = std::vector<std::shared_ptr<PendingWrite>>;

// The order, the idempotency key and the SKU that a command claims: one command on each in a batch, because the
// statements that write a batch apply one row a key.
std::vector<std::size_t> ConflictKeys(const WriteCommand& command);

}  // namespace logistics::storage
