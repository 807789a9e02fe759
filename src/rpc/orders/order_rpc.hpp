#pragma once

#include "logistics/service/async_order_service.hpp"
#include "logistics/service/order_service.hpp"
#include "order.pb.h"
#include "rpc/call/call_service.hpp"
#include "rpc/orders/order_stream.hpp"

namespace logistics::rpc {

// order.OrderService on the wire. Thread-safe; streams have no thread.
class OrderRpc final : public CallService {
 public:
  // `async` is null where orders wait for another service. All outlive this.
  OrderRpc(service::OrderService& orders, service::AsyncOrderService* async, service::OrderUpdates& updates,
           const ports::Clock& clock, CallRuntime& runtime);

 private:
  absl::Status CreateOrder(CallScope& call, const ::order::CreateOrderRequest& request,
                           ::order::OrderResponse& response);
  absl::Status GetOrder(CallScope& call, const ::order::GetOrderRequest& request, ::order::OrderResponse& response);
  absl::Status UpdateOrderStatus(CallScope& call, const ::order::UpdateOrderStatusRequest& request,
                                 ::order::OrderResponse& response);
  absl::Status ListOrders(CallScope& call, const ::order::ListOrdersRequest& request,
                          ::order::ListOrdersResponse& response);
  absl::Status CancelOrder(CallScope& call, const ::order::CancelOrderRequest& request,
                           ::order::OrderResponse& response);

  service::OrderService& orders_;
  OrderStreams streams_;
};

}  // namespace logistics::rpc
