#pragma once

#include <string>

#include "logistics/domain/order.hpp"

namespace logistics::domain {

// SHA-256, 32 bytes, of what the client asked for: everything in the order but what the service and the store give it
// (ids of its own, times, status, version). The form is stored with idempotency keys, which outlive a release: a change
// of it makes a repeat over an upgrade look like another payload.
std::string FingerprintOf(const Order& order);

}  // namespace logistics::domain
