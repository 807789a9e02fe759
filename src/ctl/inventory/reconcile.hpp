// logisticsctl inventory reconcile.
#pragma once

#include "ctl/client/session.hpp"

namespace logistics::ctl {

// kExitDrift where a level drifts or is damaged; what else is listed is for reading.
int ReconcileInventory(Session& session, const ::logistics::admin::ReconcileInventoryRequest& request);

}  // namespace logistics::ctl
