// Between the messages of order.proto and ours. Nothing is decided here but what the wire alone can get wrong.
#pragma once

#include <vector>

#include "logistics/domain/errors.hpp"
#include "logistics/domain/order.hpp"
#include "logistics/service/order_service.hpp"
#include "order.pb.h"

namespace logistics::rpc {

// A payment date that is no timestamp becomes absl::InfiniteFuture(), which PriceOrder refuses by name with the rest.
domain::OrderDraft DraftFrom(const ::order::CreateOrderRequest& request);

service::UpdateStatusRequest UpdateRequestFrom(const ::order::UpdateOrderStatusRequest& request);
service::CancelRequest CancelRequestFrom(const ::order::CancelOrderRequest& request);

// Dates that are no timestamps are left out and named in `violations`.
service::ListRequest ListRequestFrom(const ::order::ListOrdersRequest& request,
                                     std::vector<domain::FieldViolation>& violations);

void FillOrder(const domain::Order& order, ::order::OrderResponse& response);
void FillList(const service::ListResult& result, ::order::ListOrdersResponse& response);

}  // namespace logistics::rpc
