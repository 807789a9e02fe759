// The requests of the order use cases, checked: INVALID_ARGUMENT names every bad field.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/service/order_service.hpp"

namespace logistics::service {

// nullopt where no status has this number.
std::optional<domain::OrderStatus> OrderStatusFromWire(int number);

// A priced order with a new id, as of now.
absl::StatusOr<domain::NewOrder> MakeOrder(const domain::OrderDraft& draft, const domain::OrderDefaults& defaults,
                                           ports::IdGenerator& ids, const ports::Clock& clock);
absl::StatusOr<domain::OrderId> CheckOrderId(const std::string& order_id);
absl::StatusOr<domain::StatusChange> CheckUpdate(const UpdateStatusRequest& request);
absl::StatusOr<domain::StatusChange> CheckCancel(const CancelRequest& request);

}  // namespace logistics::service
