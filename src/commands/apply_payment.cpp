#include "logistics/commands/apply_payment.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/commands/change_status.hpp"
#include "logistics/commands/message_turn.hpp"
#include "logistics/domain/payment.hpp"

namespace logistics::commands {
Needs NeedsOf(const ApplyPayment& command) {
  Needs needs = NeedsOfOrder(command.notice.order_id);
  needs.conflict_keys.push_back(MessageConflict(command.entry.consumer, command.entry.message_id));
  if (command.notice.payment_id) needs.conflict_keys.push_back(PaymentConflict(*command.notice.payment_id));
  needs.message = {command.entry.consumer, command.entry.message_id, command.notice.order_id,
                   command.notice.payment_id};
  return needs;
}

StockNeeds StockNeedsOf(const ApplyPayment& command, const State& state) {
  return LevelsOfReservation(command.notice.order_id, state);
}

absl::StatusOr<ports::PaymentResult> Execute(const ApplyPayment& command, State& state, Effects& effects,
                                             const Context& context) {
  const ports::InboxEntry& entry = command.entry;
  const domain::PaymentNotice& notice = command.notice;
  const MessageState* message = state.FindMessage(context.index);
  if (message == nullptr) return absl::InternalError("the message of a payment was not loaded");
  if (message->done) {
    // A copy of it may have been parked before it was done.
    if (message->waits_as) effects.no_longer_waiting.push_back(*message->waits_as);
    return ports::PaymentResult::kSeenBefore;
  }
  if (absl::Status turn = CheckTurn(entry, notice.order_id, *message); !turn.ok()) return turn;
  const domain::Order* order = state.FindOrder(notice.order_id);
  if (order == nullptr) {
    return absl::NotFoundError(absl::StrCat("order ", notice.order_id.ToString(), " does not exist"));
  }

  const absl::StatusOr<domain::PaymentDecision> decision = domain::DecidePayment(*order, message->recorded, notice);
  if (!decision.ok()) return decision.status();
  if (decision->new_status) {
    const ChangeStatus change{{notice.order_id, *decision->new_status, decision->notes, entry.consumer, std::nullopt}};
    if (const auto changed = Execute(change, state, effects, context); !changed.ok()) return changed.status();
  }
  if (decision->record) {
    effects.payments.push_back({notice, decision->amount_minor, decision->currency, entry.message_id});
  }
  effects.done_messages.push_back({entry.consumer, entry.message_id});
  if (message->waits_as) effects.no_longer_waiting.push_back(*message->waits_as);
  return decision->record ? ports::PaymentResult::kDone : ports::PaymentResult::kSeenBefore;
}

}  // namespace logistics::commands
