#pragma once

#include "admin.grpc.pb.h"
#include "logistics/service/reconciler.hpp"
#include "rpc/call_scope.hpp"

namespace logistics::rpc {

// logistics.admin.AdminService on the wire. Thread-safe; each call blocks its thread until it is answered.
class AdminRpc final : public ::logistics::admin::AdminService::Service {
 public:
  // `reconciler` is null when the inventory is embedded. Both outlive this.
  AdminRpc(service::Reconciler* reconciler, CallRuntime& runtime);

  grpc::Status ReconcileInventory(grpc::ServerContext* context,
                                  const ::logistics::admin::ReconcileInventoryRequest* request,
                                  ::logistics::admin::ReconcileInventoryResponse* response) override;

 private:
  service::Reconciler* const reconciler_;
  CallRuntime& runtime_;
  Method reconcile_;
};

}  // namespace logistics::rpc
