// Between the messages of order.proto and ours. Nothing is checked here: wrong values pass unchanged.
#pragma once

#include "logistics/domain/order.hpp"
#include "logistics/service/order_service.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "order.pb.h"

namespace logistics::rpc {

domain::OrderDraft DraftFrom(const ::order::CreateOrderRequest& request);

service::UpdateStatusRequest UpdateRequestFrom(const ::order::UpdateOrderStatusRequest& request);
service::CancelRequest CancelRequestFrom(const ::order::CancelOrderRequest& request);
service::ListRequest ListRequestFrom(const ::order::ListOrdersRequest& request);
service::OrderUpdatesRequest UpdatesRequestFrom(const ::order::StreamOrderUpdatesRequest& request);

void FillOrder(const domain::Order& order, ::order::OrderResponse& response);
void FillList(const service::ListResult& result, ::order::ListOrdersResponse& response);
// Into an empty event. An update without a change gives a resume_token and nothing else.
void FillOrderUpdate(const service::OrderUpdate& update, ::order::OrderStatusEvent& event);

}  // namespace logistics::rpc
