#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::ports {

// The products of an inventory that another service keeps, as far as an order needs them before anything is reserved.
// Thread-safe; blocks no longer than the context's deadline. What it says may be as old as its configured memory.
class ProductDirectory {
 public:
  virtual ~ProductDirectory() = default;

  // The lines with product_id and sku filled in, whichever of the two they name.
  // NOT_FOUND and INVALID_ARGUMENT as domain::ResolveProducts gives them. FAILED_PRECONDITION, one ConditionViolation
  // of type "LOCATION" a line: the product must not be sold from that service, whose releases and commits would change
  // its stock in other locations too (contract §2, point 10). Else the errors of InventoryPeer's reads.
  virtual absl::StatusOr<std::vector<domain::OrderLine>> Resolve(const std::vector<domain::OrderLine>& lines,
                                                                 const CallContext& context) = 0;
};

}  // namespace logistics::ports
