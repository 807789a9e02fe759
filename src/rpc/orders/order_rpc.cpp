#include "rpc/orders/order_rpc.hpp"

#include "rpc/orders/order_conversions.hpp"

namespace logistics::rpc {
namespace {

absl::Status Answer(const absl::StatusOr<domain::Order>& order, ::order::OrderResponse& response) {
  if (order.ok()) FillOrder(*order, response);
  return order.status();
}

}  // namespace

OrderRpc::OrderRpc(service::OrderService& orders, service::OrderUpdates& updates, const ports::Clock& clock,
                   CallRuntime& runtime)
    : orders_(orders),
      runtime_(runtime),
      streams_(updates, clock, runtime),
      create_("order.OrderService/CreateOrder", runtime.metrics()),
      get_("order.OrderService/GetOrder", runtime.metrics()),
      update_status_("order.OrderService/UpdateOrderStatus", runtime.metrics()),
      list_("order.OrderService/ListOrders", runtime.metrics()),
      cancel_("order.OrderService/CancelOrder", runtime.metrics()) {}

grpc::Status OrderRpc::CreateOrder(grpc::ServerContext* context, const ::order::CreateOrderRequest* request,
                                   ::order::OrderResponse* response) {
  return Serve(runtime_, create_, *context, [&](CallScope& call) {
    const absl::StatusOr<domain::Order> order = orders_.CreateOrder(DraftFrom(*request), call.context());
    const absl::Status status = Answer(order, *response);
    call.set_order_id(response->id());
    return status;
  });
}

grpc::Status OrderRpc::GetOrder(grpc::ServerContext* context, const ::order::GetOrderRequest* request,
                                ::order::OrderResponse* response) {
  return Serve(runtime_, get_, *context, [&](CallScope& call) {
    call.set_order_id(request->order_id());
    return Answer(orders_.GetOrder(request->order_id(), call.context()), *response);
  });
}

grpc::Status OrderRpc::UpdateOrderStatus(grpc::ServerContext* context, const ::order::UpdateOrderStatusRequest* request,
                                         ::order::OrderResponse* response) {
  return Serve(runtime_, update_status_, *context, [&](CallScope& call) {
    call.set_order_id(request->order_id());
    return Answer(orders_.UpdateStatus(UpdateRequestFrom(*request), call.context()), *response);
  });
}

grpc::Status OrderRpc::ListOrders(grpc::ServerContext* context, const ::order::ListOrdersRequest* request,
                                  ::order::ListOrdersResponse* response) {
  return Serve(runtime_, list_, *context, [&](CallScope& call) -> absl::Status {
    const absl::StatusOr<service::ListResult> result = orders_.List(ListRequestFrom(*request), call.context());
    if (!result.ok()) return result.status();
    FillList(*result, *response);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<::order::OrderStatusEvent>* OrderRpc::StreamOrderUpdates(
    grpc::CallbackServerContext* context, const ::order::StreamOrderUpdatesRequest* request) {
  return streams_.Open(*context, *request);
}

grpc::Status OrderRpc::CancelOrder(grpc::ServerContext* context, const ::order::CancelOrderRequest* request,
                                   ::order::OrderResponse* response) {
  return Serve(runtime_, cancel_, *context, [&](CallScope& call) {
    call.set_order_id(request->order_id());
    return Answer(orders_.Cancel(CancelRequestFrom(*request), call.context()), *response);
  });
}

}  // namespace logistics::rpc
