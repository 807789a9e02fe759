#pragma once

#include "admin.grpc.pb.h"
#include "logistics/ports/inbox.hpp"
#include "logistics/service/saga/reconciler.hpp"
#include "rpc/call/call_scope.hpp"

namespace logistics::rpc {

// logistics.admin.AdminService on the wire. Thread-safe; each call blocks its thread until it is answered.
class AdminRpc final : public ::logistics::admin::AdminService::Service {
 public:
  // `reconciler` is null when the inventory is embedded, `inbox` when nothing is consumed. All outlive this.
  AdminRpc(service::Reconciler* reconciler, ports::Inbox* inbox, CallRuntime& runtime);

  grpc::Status ReconcileInventory(grpc::ServerContext* context,
                                  const ::logistics::admin::ReconcileInventoryRequest* request,
                                  ::logistics::admin::ReconcileInventoryResponse* response) override;
  grpc::Status ListWaitingMessages(grpc::ServerContext* context,
                                   const ::logistics::admin::ListWaitingMessagesRequest* request,
                                   ::logistics::admin::ListWaitingMessagesResponse* response) override;

 private:
  service::Reconciler* const reconciler_;
  ports::Inbox* const inbox_;
  CallRuntime& runtime_;
  Method reconcile_;
  Method list_waiting_;
};

}  // namespace logistics::rpc
