// The refusals of commands whose claim was lost, or won with a name that nothing should have.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "logistics/commands/state.hpp"
#include "logistics/domain/order.hpp"

namespace logistics::commands {

// ALREADY_EXISTS saying `what`, or UNAVAILABLE where trying again may help.
absl::Status LostClaim(Claim claim, const std::string& what);
// The same, of the order's idempotency key.
absl::Status LostKey(Claim claim, const domain::NewOrder& order);

// INVALID_ARGUMENT where `name`, which nothing has yet, is not fit to name something (domain::IdentifierFault).
absl::Status CheckNewName(const char* field, const std::string& name);

}  // namespace logistics::commands
