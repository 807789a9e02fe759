#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/intent_store.hpp"
#include "logistics/ports/payment_store.hpp"
#include "logistics/ports/stock_store.hpp"
#include "storage/batch/batcher.hpp"

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
struct ReserveStockCommand {
  ports::StockHold hold;
};
// Of a hold that others made.
struct SettleReservationCommand {
  domain::Uuid id;
  domain::StockAction action = domain::StockAction::kNone;  // kRelease or kCommit
  std::string reason;                                       // of a release
};
// The time of a hold is over: decided again under its lock. Nothing happens where the hold is to be kept.
struct ExpireReservationCommand {
  domain::Uuid id;
};
// The three steps of an order whose stock another service keeps; see ports::IntentStore.
struct OpenIntentCommand {
  domain::NewOrder order;
};
struct CompleteIntentCommand {
  domain::NewOrder order;
};
struct AbandonIntentCommand {
  ports::Abandonment abandonment;
};
// What a message tells of a payment, with the message's own part of the inbox; see ports::PaymentStore.
struct ApplyPaymentCommand {
  domain::PaymentNotice notice;
  ports::InboxEntry entry;
};

// Everything that writes goes through one batcher as one of these.
using WriteCommand = std::variant<CreateOrderCommand, ChangeStatusCommand, CreateProductCommand, AdjustStockCommand,
                                  ReserveStockCommand, SettleReservationCommand, ExpireReservationCommand,
                                  OpenIntentCommand, CompleteIntentCommand, AbandonIntentCommand, ApplyPaymentCommand>;
using WriteResult = std::variant<domain::Order, domain::Product, ports::LevelRow, ports::HoldAnswer,
                                 ports::SettlementAnswer, ports::IntentAnswer, ports::PaymentResult>;
using PendingWrite = Pending<WriteCommand, WriteResult>;
using WriteBatcher = Batcher<WriteCommand, WriteResult>;
using WriteBatch = std::vector<std::shared_ptr<PendingWrite>>;

// The order (or the reservation, which has the same id), the idempotency key, the SKU, the payment and the message that
// a command claims: one command on each in a batch, because the statements that write a batch apply one row a key.
std::vector<std::size_t> ConflictKeys(const WriteCommand& command);

// The order whose idempotency key a command claims; null when it claims none.
const domain::NewOrder* KeyClaimant(const WriteCommand& command);

// The order or reservation that a command changes and that has to be locked for it; nullopt when there is none.
std::optional<domain::OrderId> LockedOrder(const WriteCommand& command);

// Runs the command in a batch and takes its result, which is of the kind that the command has; blocks until the batch
// has ended. Thread-safe.
template <typename Result>
absl::StatusOr<Result> RunWrite(WriteBatcher& writes, WriteCommand command, const ports::CallContext& context) {
  auto keys = ConflictKeys(command);
  absl::StatusOr<WriteResult> result = writes.Run(std::move(command), context, std::move(keys));
  if (!result.ok()) return result.status();
  return std::get<Result>(*std::move(result));
}

}  // namespace logistics::storage
