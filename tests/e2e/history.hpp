// What must be true of a database and of what was published, whatever happened to the daemons before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "e2e/world.hpp"
#include "order.pb.h"

namespace logistics::e2e {

// A change that a client was told has happened.
struct AckedChange {
  std::string order_id;
  std::int64_t version = 0;
  order::OrderStatus status = order::ORDER_STATUS_UNKNOWN;
};

// Every acked change is in the history, as it was told.
void ExpectAckedAreThere(const World& world, const std::vector<AckedChange>& acked);

// Levels, ledger and reservations agree; orders and their histories too; the one order of changes has no gap.
void ExpectConsistent(const World& world);

// Waits until the outbox is empty, then reads the queue: every committed change is there and nothing else, each message
// is well-formed, and the first publications of an order (and of a product) are in the order of its changes. At most
// once in a test, with no writer at work: the queue is read empty.
void ExpectPublishedIsHistory(const World& world);

}  // namespace logistics::e2e
