// logisticsctl inventory reconcile.
#pragma once

#include "ctl/client/session.hpp"

namespace logistics::ctl {

// kExitDrift where a level drifts or is damaged; the other lists do not change the exit code.
int ReconcileInventory(Session& session, const ::logistics::admin::ReconcileInventoryRequest& request);

}  // namespace logistics::ctl
