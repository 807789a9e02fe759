#include "contract/store_contract.hpp"

#include "fakes/priced.hpp"

namespace logistics::contract {

using fakes::IsOk;

StoreHarness& StoreContract::harness() {
  std::call_once(made_, [this] { harness_ = GetParam().make(policy_, list_count_max_); });
  return *harness_;
}

domain::WarehouseId StoreContract::warehouse() {
  if (!warehouse_) warehouse_ = New<domain::WarehouseId>();
  return *warehouse_;
}

domain::CustomerId StoreContract::customer() {
  if (!customer_) customer_ = New<domain::CustomerId>();
  return *customer_;
}

domain::ProductId StoreContract::ProductWith(const std::string& sku, std::int64_t quantity) {
  const absl::Time now = harness().clock().Now();
  const auto id = New<domain::ProductId>();
  EXPECT_THAT(stock().CreateProduct({id, sku, "Name of " + sku, "", "", {}, now, now}, {}), IsOk());
  if (quantity == 0) return id;
  EXPECT_THAT(stock().Adjust({Key(id), quantity, "delivery", ""}, {}), IsOk());
  return id;
}

domain::StockLevel StoreContract::LevelOf(const domain::ProductId& product) {
  const auto rows = stock().Levels({product}, {warehouse()}, {});
  EXPECT_THAT(rows, IsOk());
  return rows.ok() && rows->size() == 1 ? rows->front().level : domain::StockLevel{};
}

domain::NewOrder StoreContract::OrderOf(const std::vector<Wanted>& lines, const std::string& key) {
  domain::OrderDraft draft;
  draft.customer_id = customer().ToString();
  draft.idempotency_key = key;
  for (const Wanted& line : lines) draft.lines.push_back({line.product.ToString(), "", "", line.quantity, 1.0, 0});
  domain::NewOrder order = fakes::Priced(draft, warehouse(), harness().ids());
  order.order.created_at = order.order.updated_at = harness().clock().Now();
  return order;
}

domain::Order StoreContract::Placed(const std::vector<Wanted>& lines) {
  absl::StatusOr<domain::Order> order = Create(OrderOf(lines));
  EXPECT_THAT(order, IsOk());
  return order.ok() ? *std::move(order) : domain::Order{};
}

absl::StatusOr<domain::Order> StoreContract::Change(const domain::Order& order, domain::OrderStatus status,
                                                    const std::string& notes, const std::string& changed_by) {
  return orders().ChangeStatus({order.id, status, notes, changed_by, std::nullopt}, {});
}

domain::Order StoreContract::Walked(domain::Order order, const std::vector<domain::OrderStatus>& statuses) {
  for (const domain::OrderStatus status : statuses) {
    absl::StatusOr<domain::Order> changed = Change(order, status);
    EXPECT_THAT(changed, IsOk());
    if (changed.ok()) order = *std::move(changed);
  }
  return order;
}

domain::Uuid StoreContract::Held(const std::vector<domain::WantedItem>& items) {
  const ports::ReservationRequest hold = HoldOf(items);
  const absl::StatusOr<ports::ReservationAnswer> answer = Reserve(hold);
  EXPECT_THAT(answer, IsOk());
  EXPECT_TRUE(answer.ok() && answer->held);
  return hold.id.uuid;
}

domain::PaymentNotice StoreContract::ProcessedOf(const domain::Order& order) {
  return {domain::PaymentOutcome::kProcessed,
          harness().ids().NewId(),
          order.id,
          domain::DecimalString(order.total_minor, order.currency),
          std::string(order.currency.code()),
          "card",
          "tx-1",
          "",
          ""};
}

domain::PaymentNotice StoreContract::FailedOf(const domain::Order& order) {
  domain::PaymentNotice notice = ProcessedOf(order);
  notice.outcome = domain::PaymentOutcome::kFailed;
  notice.transaction_id.clear();
  notice.error_code = "51";
  notice.error_message = "no funds";
  return notice;
}

ports::InboundMessage StoreContract::MessageOf(const domain::OrderId& id) {
  return {"payments",
          harness().ids().NewId().ToString(),
          "payment_events",
          "payment.processed",
          "PaymentProcessed",
          "{\"a\": \"body\"}",
          "correlation",
          "trace",
          id};
}

std::vector<std::string> StoreContract::DueMessages(int limit) {
  const auto due = inbox().Due("payments", limit, {});
  EXPECT_THAT(due, IsOk());
  std::vector<std::string> ids;
  for (const ports::WaitingMessage& waiting : *due) ids.push_back(waiting.message.message_id);
  return ids;
}

std::vector<std::string> StoreContract::WaitingMessages() {
  const auto waiting = inbox().List("", 0, 100, {});
  EXPECT_THAT(waiting, IsOk());
  std::vector<std::string> ids;
  for (const ports::WaitingMessage& message : *waiting) ids.push_back(message.message.message_id);
  return ids;
}

std::vector<domain::Event> StoreContract::NewEvents() {
  std::vector<domain::Event> events = harness().Events();
  EXPECT_GE(events.size(), events_seen_);
  const std::size_t seen = std::exchange(events_seen_, events.size());
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(std::min(seen, events.size())));
  return events;
}

std::vector<std::string> StoreContract::NewEventTypes() {
  std::vector<std::string> types;
  for (const domain::Event& event : NewEvents()) types.emplace_back(domain::EventType(event.data));
  return types;
}

void StoreContract::ExpectLedgersSumToLevels(const std::vector<domain::ProductId>& products) {
  for (const domain::ProductId& product : products) {
    SCOPED_TRACE(product.ToString());
    domain::StockLevel sum;
    for (const domain::StockMovement& movement : harness().Movements(Key(product))) {
      sum.quantity += movement.quantity_delta;
      sum.reserved += movement.reserved_delta;
      EXPECT_EQ(sum, (domain::StockLevel{movement.quantity_after, movement.reserved_after}));
      EXPECT_GE(sum.reserved, 0);
      EXPECT_LE(sum.reserved, sum.quantity);
    }
    EXPECT_EQ(LevelOf(product), sum);
  }
}

}  // namespace logistics::contract
