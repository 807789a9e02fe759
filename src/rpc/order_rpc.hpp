#pragma once

#include "logistics/service/order_service.hpp"
#include "order.grpc.pb.h"
#include "rpc/call_scope.hpp"

namespace logistics::rpc {

// order.OrderService on the wire. Thread-safe; each call blocks its thread until it is answered. StreamOrderUpdates is
// UNIMPLEMENTED.
class OrderRpc final : public ::order::OrderService::Service {
 public:
  // Both outlive this.
  OrderRpc(service::OrderService& orders, CallRuntime& runtime);

  grpc::Status CreateOrder(grpc::ServerContext* context, const ::order::CreateOrderRequest* request,
                           ::order::OrderResponse* response) override;
  grpc::Status GetOrder(grpc::ServerContext* context, const ::order::GetOrderRequest* request,
                        ::order::OrderResponse* response) override;
  grpc::Status UpdateOrderStatus(grpc::ServerContext* context, const ::order::UpdateOrderStatusRequest* request,
                                 ::order::OrderResponse* response) override;
  grpc::Status ListOrders(grpc::ServerContext* context, const ::order::ListOrdersRequest* request,
                          ::order::ListOrdersResponse* response) override;
  grpc::Status CancelOrder(grpc::ServerContext* context, const ::order::CancelOrderRequest* request,
                           ::order::OrderResponse* response) override;

 private:
  service::OrderService& orders_;
  CallRuntime& runtime_;
  Method create_;
  Method get_;
  Method update_status_;
  Method list_;
  Method cancel_;
};

}  // namespace logistics::rpc
