#pragma once

#include "admin.pb.h"
#include "logistics/ports/inbox.hpp"
#include "logistics/service/saga/reconciler.hpp"
#include "rpc/call/call_service.hpp"

namespace logistics::rpc {

// logistics.admin.AdminService on the wire. Thread-safe.
class AdminRpc final : public CallService {
 public:
  // `reconciler` is null when the inventory is embedded, `inbox` when nothing is consumed. All outlive this.
  AdminRpc(service::Reconciler* reconciler, ports::Inbox* inbox, CallRuntime& runtime);

 private:
  absl::Status ReconcileInventory(CallScope& call, const ::logistics::admin::ReconcileInventoryRequest& request,
                                  ::logistics::admin::ReconcileInventoryResponse& response);
  absl::Status ListWaitingMessages(CallScope& call, const ::logistics::admin::ListWaitingMessagesRequest& request,
                                   ::logistics::admin::ListWaitingMessagesResponse& response);

  service::Reconciler* const reconciler_;
  ports::Inbox* const inbox_;
};

}  // namespace logistics::rpc
