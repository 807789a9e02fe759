// The fixture of the contract suite: a harness, made when it is first asked for, and the words the tests are told in.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/store_harness.hpp"
#include "fakes/at_once.hpp"
#include "fakes/status_matchers.hpp"

namespace logistics::contract {

using fakes::AtOnce;

class StoreContract : public testing::TestWithParam<HarnessFactory> {
 protected:
  // A line of an order: so many of a product.
  struct Wanted {
    domain::ProductId product;
    std::int32_t quantity = 1;
  };

  // To be set before the stores are first used.
  domain::StockPolicy policy_;
  int list_count_max_ = 10'000;

  StoreHarness& harness();
  ports::OrderStore& orders() { return harness().orders(); }
  ports::StockStore& stock() { return harness().stock(); }
  ports::StockLog& stock_log() { return harness().stock_log(); }
  // All levels, in one page.
  ports::StockSnapshot Everything() {
    auto page = stock_log().Snapshot({}, std::nullopt, 10'000, {});
    EXPECT_THAT(page, fakes::IsOk());
    return page.ok() ? *std::move(page) : ports::StockSnapshot();
  }
  ports::PaymentStore& payments() { return harness().payments(); }
  ports::Inbox& inbox() { return harness().inbox(); }

  template <typename IdType>
  IdType New() {
    return IdType(harness().ids().NewId());
  }

  domain::WarehouseId warehouse();
  domain::CustomerId customer();
  domain::LevelKey Key(const domain::ProductId& product) { return {product, warehouse()}; }

  // A product with so many pieces in warehouse(); 0 = no level.
  domain::ProductId ProductWith(const std::string& sku, std::int64_t quantity);
  domain::StockLevel LevelOf(const domain::ProductId& product);

  // A checked order of customer(), one line each at 1.00.
  domain::NewOrder OrderOf(const std::vector<Wanted>& lines, const std::string& key = "");
  // The same, stored. Fails the test when it is refused.
  domain::Order Placed(const std::vector<Wanted>& lines);
  absl::StatusOr<domain::Order> Create(const domain::NewOrder& order) { return orders().Create(order, {}); }

  absl::StatusOr<domain::Order> Change(const domain::Order& order, domain::OrderStatus status,
                                       const std::string& notes = "because", const std::string& changed_by = "anna");
  // Through these in turn. Fails the test when one is refused.
  domain::Order Walked(domain::Order order, const std::vector<domain::OrderStatus>& statuses);

  // A hold of others in warehouse(), under a new id.
  ports::ReservationRequest HoldOf(const std::vector<domain::WantedItem>& items) {
    return {harness().ids().NewId(), warehouse(), items};
  }
  absl::StatusOr<ports::ReservationAnswer> Reserve(const ports::ReservationRequest& hold) {
    return stock().Reserve(hold, {});
  }
  // The same, held; its id. Fails the test when it is refused.
  domain::Uuid Held(const std::vector<domain::WantedItem>& items);
  absl::StatusOr<ports::EndAnswer> ReleaseHold(const domain::ExternalId& id) {
    return stock().Release(id, "changed my mind", {});
  }
  absl::StatusOr<ports::EndAnswer> CommitHold(const domain::ExternalId& id) {
    return stock().CommitReservation(id, {});
  }

  // What the payment service tells of an order: its whole total, under a new payment_id.
  domain::PaymentNotice ProcessedOf(const domain::Order& order);
  domain::PaymentNotice FailedOf(const domain::Order& order);
  // Of a new message that has not waited.
  ports::InboxEntry NewEntry() { return {"payments", harness().ids().NewId().ToString(), std::nullopt}; }
  absl::StatusOr<ports::PaymentResult> Apply(const domain::PaymentNotice& notice, const ports::InboxEntry& entry) {
    return payments().Apply(notice, entry, {});
  }
  absl::StatusOr<ports::PaymentResult> Apply(const domain::PaymentNotice& notice) { return Apply(notice, NewEntry()); }
  // A new message of this order.
  ports::InboundMessage MessageOf(const domain::OrderId& id);
  absl::Status Park(const ports::InboundMessage& message, absl::Duration delay = absl::ZeroDuration()) {
    return inbox().Park(message, 1, delay, "not yet", {});
  }
  // The message_ids of what is due, and of all that waits; in order.
  std::vector<std::string> DueMessages(int limit = 100);
  std::vector<std::string> WaitingMessages();

  // What was told since the last call, or since the stores were made.
  std::vector<domain::Event> NewEvents();
  std::vector<std::string> NewEventTypes();

  // Conservation in these levels: each ledger sums to its level, step by step, and nothing is ever out of bounds.
  void ExpectLedgersSumToLevels(const std::vector<domain::ProductId>& products);

 private:
  std::once_flag made_;
  std::unique_ptr<StoreHarness> harness_;
  std::optional<domain::WarehouseId> warehouse_;
  std::optional<domain::CustomerId> customer_;
  std::size_t events_seen_ = 0;
};

inline std::string HarnessName(const testing::TestParamInfo<HarnessFactory>& info) { return info.param.name; }

}  // namespace logistics::contract
