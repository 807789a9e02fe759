#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::ports {

enum class OrderSort { kCreatedAt, kUpdatedAt, kTotalAmount, kStatus };

// Which orders, in which order, and which part of them.
struct OrderQuery {
  std::optional<domain::OrderStatus> status;
  std::optional<domain::CustomerId> customer_id;
  std::optional<absl::Time> created_from;    // inclusive
  std::optional<absl::Time> created_before;  // exclusive
  OrderSort sort = OrderSort::kCreatedAt;
  bool descending = false;
  int page_size = 50;
  int page = 1;  // from 1; ignored when `after` is set
  // Keyset: continue behind this row. `sort_value` is what OrderPage::Last gave.
  struct After {
    std::string sort_value;
    domain::OrderId id;
  };
  std::optional<After> after;
};

struct OrderPage {
  std::vector<domain::Order> orders;
  std::int64_t total_count = 0;           // of the filter, counted in the same snapshot up to the store's bound
  bool total_is_lower_bound = false;      // more match
  std::optional<OrderQuery::After> next;  // set when more rows follow
};

// Orders, durably. Thread-safe; calls block until the outcome is known or the context's deadline has passed.
//
// Errors of every call: UNAVAILABLE with a retry hint when the database is unavailable, RESOURCE_EXHAUSTED with a retry
// hint when too many commands wait, DEADLINE_EXCEEDED when the caller's time is up (the command may still commit).
// After a crash: what was answered OK is there; what was not answered either happened whole or not at all.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // Stores the order, holds its stock (all or nothing), writes history and events: one transaction. One that is paid
  // (payment_info.is_paid) has its payment recorded and goes on to PROCESSING in it: two changes, versions 1 and 2.
  // With an idempotency key: the order that the key made first, as it stands now, when the payload is the same;
  // ALREADY_EXISTS when it is another. A refused order leaves the key free.
  // NOT_FOUND: a product is unknown. INVALID_ARGUMENT: product_id and sku of a line name two products.
  // FAILED_PRECONDITION: stock is short, one ConditionViolation of type "STOCK" an item.
  virtual absl::StatusOr<domain::Order> Create(const domain::NewOrder& order, const CallContext& context) = 0;

  // Applies domain::DecideChange under the order's lock, with its effect on stock, history and events.
  // NOT_FOUND when there is no such order.
  virtual absl::StatusOr<domain::Order> ChangeStatus(const domain::StatusChange& change,
                                                     const CallContext& context) = 0;

  // NOT_FOUND when there is no such order. Sees every change that was answered before the call.
  virtual absl::StatusOr<domain::Order> Get(const domain::OrderId& id, const CallContext& context) = 0;

  // Ties of the sort value are broken by id, those of a status by the time of creation and then by id, in the same
  // direction. INVALID_ARGUMENT naming sort_by or status_filter: no index has the order, and the filters leave more
  // orders to sort than the store's bound. DEADLINE_EXCEEDED, also when the store's own time is up: a repetition takes
  // as long again.
  virtual absl::StatusOr<OrderPage> List(const OrderQuery& query, const CallContext& context) = 0;
};

}  // namespace logistics::ports
