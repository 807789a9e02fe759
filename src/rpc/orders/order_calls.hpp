// The calls of orders that hold no thread while they wait. Nothing that blocks is in their reach.
#pragma once

#include "logistics/service/async_order_service.hpp"
#include "order.pb.h"
#include "rpc/call/unary_call.hpp"

namespace logistics::rpc {

void CreateOrder(service::AsyncOrderService& orders, UnaryCall& call, const ::order::CreateOrderRequest& request);
void GetOrder(service::AsyncOrderService& orders, UnaryCall& call, const ::order::GetOrderRequest& request);
void UpdateOrderStatus(service::AsyncOrderService& orders, UnaryCall& call,
                       const ::order::UpdateOrderStatusRequest& request);
void CancelOrder(service::AsyncOrderService& orders, UnaryCall& call, const ::order::CancelOrderRequest& request);

}  // namespace logistics::rpc
