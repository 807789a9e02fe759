#include "storage/rows/payment_rows.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/postgres/errors.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

// Not EXISTS: for a batch the planner would rather read all of inbox_done into a hash table, each time.
constexpr Statement kReadMessages = {
    "read_messages",
    "SELECT i.n, "
    "(SELECT true FROM inbox_done d WHERE d.consumer = i.consumer AND d.message_id = i.message_id) IS NOT NULL, "
    "(SELECT w.id FROM inbox_waiting w WHERE w.consumer = i.consumer AND w.message_id = i.message_id), "
    "(SELECT min(w.id) FROM inbox_waiting w WHERE w.consumer = i.consumer AND w.order_id = i.order_id) "
    "FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS i(consumer, message_id, order_id, n)"};
constexpr Statement kReadPayments = {
    "read_payments",
    "SELECT i.n, p.order_id, p.outcome, p.payment_id "
    "FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS i(order_id, payment_id, n) CROSS JOIN LATERAL ("
    "SELECT r.id, r.order_id, r.outcome, r.payment_id FROM payments r WHERE r.order_id = i.order_id UNION "
    "SELECT r.id, r.order_id, r.outcome, r.payment_id FROM payments r WHERE r.payment_id = i.payment_id) p"};
constexpr Statement kInsertPayments = {
    "insert_payments",
    "INSERT INTO payments (order_id, outcome, payment_id, amount_minor, currency, payment_method, transaction_id, "
    "error_code, error_message, message_id, recorded_at) SELECT p.*, $11::timestamptz FROM unnest($1::uuid[], "
    "$2::text[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[]) "
    "AS p"};
constexpr Statement kInsertDone = {"insert_done",
                                   "INSERT INTO inbox_done (consumer, message_id) "
                                   "SELECT * FROM unnest($1::text[], $2::text[])"};
constexpr Statement kDeleteWaiting = {"delete_waiting", "DELETE FROM inbox_waiting WHERE id = ANY($1::bigint[])"};

std::optional<std::int64_t> OptionalNumber(const Field& field) {
  return field.is_null() ? std::nullopt : std::optional(field.as<std::int64_t>());
}

domain::RecordedPayment ReadPayment(const Row& row) {
  const auto outcome = domain::PaymentOutcomeFromName(row[2].c_str());
  if (!outcome) {
    throw UnknownRowError(absl::StrCat("a payment of order ", ReadUuid(row[1]).ToString(), " is ", row[2].c_str()));
  }
  return {domain::OrderId(ReadUuid(row[1])), *outcome,
          row[3].is_null() ? std::nullopt : std::optional(ReadUuid(row[3]))};
}

}  // namespace

void LoadMessages(PipelineSession& session, std::span<const commands::Item> items, commands::State& state) {
  // By their place in the parameters.
  const auto messages = std::make_shared<std::vector<std::pair<std::size_t, commands::MessageState>>>();
  Columns entries(3);
  Columns payments(2);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& message = items[i].needs.message;
    if (!message) continue;
    entries.AddRow(message->consumer, message->message_id, message->order_id);
    payments.AddRow(message->order_id, message->payment_id);
    messages->emplace_back(i, commands::MessageState{});
  }
  if (messages->empty()) return;
  const auto message_of = [messages](const Row& row) -> commands::MessageState& {
    return messages->at(row[0].as<std::size_t>() - 1).second;
  };

  Params entry_params;
  entries.AddTo(entry_params);
  session.Queue(kReadMessages, std::move(entry_params), [message_of](const Rows& rows) {
    for (const Row& row : rows) {
      commands::MessageState& message = message_of(row);
      message.done = row[1].as<bool>();
      message.waits_as = OptionalNumber(row[2]);
      message.first_waiting = OptionalNumber(row[3]);
    }
  });
  Params payment_params;
  payments.AddTo(payment_params);
  session.Queue(kReadPayments, std::move(payment_params), [&state, messages, message_of](const Rows& rows) {
    for (const Row& row : rows) message_of(row).recorded.push_back(ReadPayment(row));
    for (auto& [index, message] : *messages) state.LoadMessage(index, std::move(message));
  });
}

void StorePayments(StatementGroup& group, std::span<const commands::PaymentRow> payments, absl::Time now) {
  if (payments.empty()) return;
  Columns columns(10);
  for (const commands::PaymentRow& row : payments) {
    const domain::PaymentNotice& notice = row.notice;
    columns.AddRow(notice.order_id, domain::PaymentOutcomeName(notice.outcome), notice.payment_id, row.amount_minor,
                   row.currency.code(), notice.payment_method, notice.transaction_id, notice.error_code,
                   notice.error_message, row.message_id);
  }
  Params params;
  columns.AddTo(params);
  group.Add(kInsertPayments, params.Add(now));
}

void StoreMessages(StatementGroup& group, std::span<const commands::DoneMessage> done_messages,
                   std::span<const std::int64_t> no_longer_waiting) {
  if (!done_messages.empty()) {
    Columns columns(2);
    for (const commands::DoneMessage& done : done_messages) columns.AddRow(done.consumer, done.message_id);
    Params params;
    columns.AddTo(params);
    group.Add(kInsertDone, std::move(params));
  }
  if (!no_longer_waiting.empty()) {
    ArrayParam ids;
    for (const std::int64_t id : no_longer_waiting) ids.Add(id);
    group.Add(kDeleteWaiting, Params().Add(ids));
  }
}

}  // namespace logistics::storage
