#pragma once

#include "logistics/service/order_service.hpp"
#include "order.grpc.pb.h"
#include "rpc/call/call_scope.hpp"
#include "rpc/orders/order_stream.hpp"

namespace logistics::rpc {

// order.OrderService on the wire. Thread-safe; each unary call blocks its thread until it is answered, streams have no
// thread.
class OrderRpc final
    : public ::order::OrderService::WithCallbackMethod_StreamOrderUpdates<::order::OrderService::Service> {
 public:
  // All outlive this.
  OrderRpc(service::OrderService& orders, service::OrderUpdates& updates, const ports::Clock& clock,
           CallRuntime& runtime);

  grpc::Status CreateOrder(grpc::ServerContext* context, const ::order::CreateOrderRequest* request,
                           ::order::OrderResponse* response) override;
  grpc::Status GetOrder(grpc::ServerContext* context, const ::order::GetOrderRequest* request,
                        ::order::OrderResponse* response) override;
  grpc::Status UpdateOrderStatus(grpc::ServerContext* context, const ::order::UpdateOrderStatusRequest* request,
                                 ::order::OrderResponse* response) override;
  grpc::Status ListOrders(grpc::ServerContext* context, const ::order::ListOrdersRequest* request,
                          ::order::ListOrdersResponse* response) override;
  grpc::ServerWriteReactor<::order::OrderStatusEvent>* StreamOrderUpdates(
      grpc::CallbackServerContext* context, const ::order::StreamOrderUpdatesRequest* request) override;
  grpc::Status CancelOrder(grpc::ServerContext* context, const ::order::CancelOrderRequest* request,
                           ::order::OrderResponse* response) override;

 private:
  service::OrderService& orders_;
  CallRuntime& runtime_;
  OrderStreams streams_;
  Method create_;
  Method get_;
  Method update_status_;
  Method list_;
  Method cancel_;
};

}  // namespace logistics::rpc
