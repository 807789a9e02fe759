#include "rpc/orders/order_calls.hpp"

#include "rpc/orders/order_conversions.hpp"

namespace logistics::rpc {
namespace {

ports::Completion<domain::Order> AnswerOrder(UnaryCall& call) {
  return call.AnswerWith<domain::Order, ::order::OrderResponse>(
      [](CallScope& /*scope*/, const domain::Order& order, ::order::OrderResponse& response) {
        FillOrder(order, response);
      });
}

}  // namespace

void CreateOrder(service::AsyncOrderService& orders, UnaryCall& call, const ::order::CreateOrderRequest& request) {
  orders.CreateOrder(DraftFrom(request), call.scope().context(),
                     call.AnswerWith<domain::Order, ::order::OrderResponse>(
                         [](CallScope& scope, const domain::Order& order, ::order::OrderResponse& response) {
                           FillOrder(order, response);
                           scope.set_order_id(response.id());
                         }));
}

void GetOrder(service::AsyncOrderService& orders, UnaryCall& call, const ::order::GetOrderRequest& request) {
  call.scope().set_order_id(request.order_id());
  orders.GetOrder(request.order_id(), call.scope().context(), AnswerOrder(call));
}

void UpdateOrderStatus(service::AsyncOrderService& orders, UnaryCall& call,
                       const ::order::UpdateOrderStatusRequest& request) {
  call.scope().set_order_id(request.order_id());
  orders.UpdateStatus(UpdateRequestFrom(request), call.scope().context(), AnswerOrder(call));
}

void CancelOrder(service::AsyncOrderService& orders, UnaryCall& call, const ::order::CancelOrderRequest& request) {
  call.scope().set_order_id(request.order_id());
  orders.Cancel(CancelRequestFrom(request), call.scope().context(), AnswerOrder(call));
}

}  // namespace logistics::rpc
