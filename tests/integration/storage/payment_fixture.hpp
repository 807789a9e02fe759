// Orders and messages of the payment service, on a database of their own.
#pragma once

#include <string>

#include "integration/storage/intent_fixture.hpp"

namespace logistics::storage {

class PaymentFixture : public IntentFixture {
 protected:
  domain::PaymentNotice ProcessedOf(const domain::Order& order) {
    domain::PaymentNotice notice;
    notice.payment_id = ids_.NewId();
    notice.order_id = order.id;
    notice.amount = domain::DecimalString(order.total_minor, order.currency);
    notice.currency = std::string(order.currency.code());
    notice.payment_method = "card";
    notice.transaction_id = "tx-1";
    return notice;
  }
  // Without a payment_id: only the message id shows a repetition.
  domain::PaymentNotice FailedOf(const domain::Order& order) {
    domain::PaymentNotice notice = ProcessedOf(order);
    notice.outcome = domain::PaymentOutcome::kFailed;
    notice.payment_id.reset();
    notice.transaction_id.clear();
    notice.error_code = "51";
    notice.error_message = "no funds";
    return notice;
  }
  ports::InboxEntry NewEntry() { return {"payments", ids_.NewId().ToString(), std::nullopt}; }
  static absl::StatusOr<ports::PaymentResult> Apply(Database& database, const domain::PaymentNotice& notice,
                                                    const ports::InboxEntry& entry) {
    return database.payments().Apply(notice, entry, {"correlation", "", absl::InfiniteFuture()});
  }
  // Parks a message of the order and gives its entry, as the worker has it.
  ports::InboxEntry Parked(Database& database, const domain::OrderId& id) {
    ports::InboxEntry entry = NewEntry();
    const ports::InboundMessage message{
        entry.consumer, entry.message_id, "payment_events", "payment.processed", "PaymentProcessed", "{}", "", "", id};
    EXPECT_THAT(database.inbox().Park(message, 1, absl::ZeroDuration(), "not yet", {}), fakes::IsOk());
    entry.waiting_id = Number("SELECT id FROM inbox_waiting WHERE message_id = '" + entry.message_id + "'");
    return entry;
  }
  static domain::NewOrder Paid(domain::NewOrder order) {
    order.order.payment = domain::PaymentInfo{"card", "tx-0", 0, true, std::nullopt};
    return order;
  }

  std::string StatusesOf(const domain::OrderId& id) const {
    return Text(
        "SELECT string_agg(new_status::text, ', ' ORDER BY version) FROM order_status_history WHERE order_id = '" +
        id.ToString() + "'");
  }
  std::int64_t Payments() const { return Number("SELECT count(*) FROM payments"); }
  std::int64_t DoneMessages() const { return Number("SELECT count(*) FROM inbox_done"); }
  std::int64_t WaitingMessages() const { return Number("SELECT count(*) FROM inbox_waiting"); }
};

}  // namespace logistics::storage
