// What a batch decides about payments, and about the messages that tell of them.
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/payment.hpp"
#include "storage/batch/batch.hpp"

namespace logistics::storage {

using domain::Order;
using ports::InboxEntry;
using ports::PaymentResult;

absl::Status BatchDecision::CheckTurn(const ApplyPaymentCommand& command, const BatchState::Message& message) const {
  const std::string order = command.notice.order_id.ToString();
  if (command.entry.waiting_id && !message.waits_as) {
    return absl::AbortedError(absl::StrCat("this message of order ", order, " does not wait any more"));
  }
  if (message.first_waiting && message.first_waiting != message.waits_as) {
    return absl::AbortedError(absl::StrCat("an earlier message of order ", order, " waits"));
  }
  if (!state_.orders.contains(command.notice.order_id)) {
    return absl::NotFoundError(absl::StrCat("order ", order, " does not exist"));
  }
  return absl::OkStatus();
}

absl::StatusOr<WriteResult> BatchDecision::ApplyPayment(const PendingWrite& item, const ApplyPaymentCommand& command) {
  const InboxEntry& entry = command.entry;
  const domain::PaymentNotice& notice = command.notice;
  const BatchState::Message& message = state_.messages.at(&item);
  if (message.done) {
    // A copy of it may have been parked before it was done.
    if (message.waits_as) effects_.no_longer_waiting.push_back(*message.waits_as);
    return WriteResult(PaymentResult::kSeenBefore);
  }
  if (absl::Status turn = CheckTurn(command, message); !turn.ok()) return turn;

  const absl::StatusOr<domain::PaymentDecision> decision =
      domain::DecidePayment(state_.orders.at(notice.order_id), message.recorded, notice);
  if (!decision.ok()) return decision.status();
  if (decision->new_status) {
    const ChangeStatusCommand change{
        {notice.order_id, *decision->new_status, decision->notes, entry.consumer, std::nullopt}};
    if (const auto changed = Change(item, change); !changed.ok()) return changed.status();
  }
  if (decision->record) {
    effects_.payments.push_back({notice, decision->amount_minor, decision->currency, entry.message_id});
  }
  effects_.done_messages.push_back({entry.consumer, entry.message_id});
  if (message.waits_as) effects_.no_longer_waiting.push_back(*message.waits_as);
  return WriteResult(decision->record ? PaymentResult::kDone : PaymentResult::kSeenBefore);
}

void BatchDecision::RecordPaymentAtCreation(const PendingWrite& item, Order& order) {
  std::optional<domain::PaymentNotice> payment = domain::PaymentAtCreation(order);
  if (!payment) return;
  effects_.payments.push_back({*std::move(payment), order.total_minor, order.currency, std::nullopt});
  SetStatus(item, order, domain::OrderStatus::kProcessing, "", domain::kPaidAtCreation);
}

}  // namespace logistics::storage
