#pragma once

#include <gmock/gmock.h>

#include <utility>

#include "fakes/status_matchers.hpp"
#include "logistics/domain/order.hpp"
#include "logistics/ports/id_generator.hpp"

namespace logistics::fakes {

// The draft as a store is given it: checked, priced and under a new id, without times. Fails the test when the draft is
// refused.
inline domain::NewOrder Priced(const domain::OrderDraft& draft, const domain::WarehouseId& warehouse,
                               ports::IdGenerator& ids) {
  absl::StatusOr<domain::NewOrder> order = domain::PriceOrder(draft, {domain::Currency(), warehouse});
  EXPECT_THAT(order, IsOk());
  if (!order.ok()) return {};
  order->order.id = domain::OrderId(ids.NewId());
  return *std::move(order);
}

}  // namespace logistics::fakes
