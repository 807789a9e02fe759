#include "logistics/commands/command.hpp"

#include "logistics/domain/errors.hpp"

namespace logistics::commands {
namespace {

absl::Status OrderInDoubt(const domain::NewOrder& order) {
  return domain::CommitInDoubtError(!order.idempotency_key.empty(), {{"order_id", order.order.id.ToString()}});
}

absl::Status InDoubt(const CreateOrder& command) { return OrderInDoubt(command.order); }
absl::Status InDoubt(const CompleteIntent& command) { return OrderInDoubt(command.order); }
absl::Status InDoubt(const AdjustStock& command) {
  const ports::StockAdjustment& adjustment = command.adjustment;
  return domain::CommitInDoubtError(
      !adjustment.request_id.empty(),
      {{"item_id", adjustment.key.product_id.ToString()}, {"location_id", adjustment.key.warehouse_id.ToString()}});
}
absl::Status InDoubt(const ReserveStock& command) {
  return domain::CommitInDoubtError(!command.request.id_is_new, {{"reservation_id", command.request.id.text}});
}
// The others are known by an id that their caller repeats, or ask for a state that they leave alone once it is there.
template <typename Other>
absl::Status InDoubt(const Other& /*command*/) {
  return domain::CommitInDoubtError(/*repeatable=*/true, {});
}

}  // namespace

absl::Status InDoubtError(const Command& command) {
  return std::visit([](const auto& one) { return InDoubt(one); }, command);
}

Needs NeedsOf(const Command& command) {
  return std::visit([](const auto& one) { return NeedsOf(one); }, command);
}

StockNeeds StockNeedsOf(const Command& command, const State& state) {
  return std::visit([&](const auto& one) { return StockNeedsOf(one, state); }, command);
}

}  // namespace logistics::commands
