// The half of MemoryStore that others tell of payments.
#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "fakes/memory_store.hpp"

namespace logistics::fakes {

using ports::PaymentResult;

absl::StatusOr<PaymentResult> MemoryStore::Apply(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                                                 const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  const std::string order = absl::StrCat("order ", notice.order_id.ToString());
  switch (inbox_.TurnOf(entry, notice.order_id)) {
    case MemoryInbox::Turn::kSeen:
      inbox_.Finish(entry);
      return PaymentResult::kSeenBefore;
    case MemoryInbox::Turn::kBlocked:
      return absl::AbortedError(absl::StrCat("it is not the turn of this message of ", order));
    case MemoryInbox::Turn::kFree:
      break;
  }
  const auto found = orders_.find(notice.order_id);
  if (found == orders_.end()) return absl::NotFoundError(absl::StrCat(order, " does not exist"));

  std::vector<domain::RecordedPayment> recorded;
  std::copy_if(payments_.begin(), payments_.end(), std::back_inserter(recorded), [&](const auto& payment) {
    return payment.order_id == notice.order_id || (payment.payment_id && payment.payment_id == notice.payment_id);
  });
  const auto decision = domain::DecidePayment(found->second.order, recorded, notice);
  if (!decision.ok()) return decision.status();
  if (decision->new_status) {
    const auto changed =
        Change({notice.order_id, *decision->new_status, decision->notes, entry.consumer, std::nullopt});
    if (!changed.ok()) return changed.status();
  }
  if (decision->record) payments_.push_back({notice.order_id, notice.outcome, notice.payment_id});
  inbox_.Finish(entry);
  return decision->record ? PaymentResult::kDone : PaymentResult::kSeenBefore;
}

std::vector<domain::RecordedPayment> MemoryStore::Payments(const domain::OrderId& id) const {
  const std::scoped_lock lock(mutex_);
  std::vector<domain::RecordedPayment> payments;
  std::copy_if(payments_.begin(), payments_.end(), std::back_inserter(payments),
               [&id](const domain::RecordedPayment& payment) { return payment.order_id == id; });
  return payments;
}

}  // namespace logistics::fakes
