#include "rpc/orders/order_rpc.hpp"

#include "rpc/orders/order_calls.hpp"
#include "rpc/orders/order_conversions.hpp"

namespace logistics::rpc {
namespace {

absl::Status Answer(const absl::StatusOr<domain::Order>& order, ::order::OrderResponse& response) {
  if (order.ok()) FillOrder(*order, response);
  return order.status();
}

}  // namespace

OrderRpc::OrderRpc(service::OrderService& orders, service::AsyncOrderService* async, service::OrderUpdates& updates,
                   const ports::Clock& clock, CallRuntime& runtime)
    : CallService("order.OrderService", runtime), orders_(orders), streams_(updates, clock, runtime) {
  if (async != nullptr) {
    Async("CreateOrder", *async, &rpc::CreateOrder, &OrderRpc::CreateOrder);
    Async("GetOrder", *async, &rpc::GetOrder, &OrderRpc::GetOrder);
    Async("UpdateOrderStatus", *async, &rpc::UpdateOrderStatus, &OrderRpc::UpdateOrderStatus);
    Async("CancelOrder", *async, &rpc::CancelOrder, &OrderRpc::CancelOrder);
  } else {
    Unary("CreateOrder", &OrderRpc::CreateOrder);
    Unary("GetOrder", &OrderRpc::GetOrder);
    Unary("UpdateOrderStatus", &OrderRpc::UpdateOrderStatus);
    Unary("CancelOrder", &OrderRpc::CancelOrder);
  }
  Unary("ListOrders", &OrderRpc::ListOrders);
  Streaming("StreamOrderUpdates", [this] { return streams_.NewCall(); });
}

absl::Status OrderRpc::CreateOrder(CallScope& call, const ::order::CreateOrderRequest& request,
                                   ::order::OrderResponse& response) {
  const absl::StatusOr<domain::Order> order = orders_.CreateOrder(DraftFrom(request), call.context());
  const absl::Status status = Answer(order, response);
  call.set_order_id(response.id());
  return status;
}

absl::Status OrderRpc::GetOrder(CallScope& call, const ::order::GetOrderRequest& request,
                                ::order::OrderResponse& response) {
  call.set_order_id(request.order_id());
  return Answer(orders_.GetOrder(request.order_id(), call.context()), response);
}

absl::Status OrderRpc::UpdateOrderStatus(CallScope& call, const ::order::UpdateOrderStatusRequest& request,
                                         ::order::OrderResponse& response) {
  call.set_order_id(request.order_id());
  return Answer(orders_.UpdateStatus(UpdateRequestFrom(request), call.context()), response);
}

absl::Status OrderRpc::ListOrders(CallScope& call, const ::order::ListOrdersRequest& request,
                                  ::order::ListOrdersResponse& response) {
  const absl::StatusOr<service::ListResult> result = orders_.List(ListRequestFrom(request), call.context());
  if (!result.ok()) return result.status();
  FillList(*result, response);
  return absl::OkStatus();
}

absl::Status OrderRpc::CancelOrder(CallScope& call, const ::order::CancelOrderRequest& request,
                                   ::order::OrderResponse& response) {
  call.set_order_id(request.order_id());
  return Answer(orders_.Cancel(CancelRequestFrom(request), call.context()), response);
}

}  // namespace logistics::rpc
