#include "logistics/commands/apply_payment.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/commands/change_status.hpp"
#include "logistics/domain/payment.hpp"

namespace logistics::commands {
namespace {

// OK when it is the message's turn.
absl::Status CheckTurn(const ApplyPayment& command, const MessageState& message, const State& state) {
  const std::string order = command.notice.order_id.ToString();
  if (command.entry.waiting_id && !message.waits_as) {
    return absl::AbortedError(absl::StrCat("this message of order ", order, " does not wait any more"));
  }
  if (message.first_waiting && message.first_waiting != message.waits_as) {
    return absl::AbortedError(absl::StrCat("an earlier message of order ", order, " waits"));
  }
  if (state.FindOrder(command.notice.order_id) == nullptr) {
    return absl::NotFoundError(absl::StrCat("order ", order, " does not exist"));
  }
  return absl::OkStatus();
}

}  // namespace

Needs NeedsOf(const ApplyPayment& command) {
  Needs needs;
  needs.conflict_keys = {OrderConflict(command.notice.order_id),
                         MessageConflict(command.entry.consumer, command.entry.message_id)};
  if (command.notice.payment_id) needs.conflict_keys.push_back(PaymentConflict(*command.notice.payment_id));
  needs.order = command.notice.order_id;
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
  if (absl::Status turn = CheckTurn(command, *message, state); !turn.ok()) return turn;

  const absl::StatusOr<domain::PaymentDecision> decision =
      domain::DecidePayment(*state.FindOrder(notice.order_id), message->recorded, notice);
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
