#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "logistics/domain/order_status.hpp"

namespace logistics::fakes {

// One change of an order, as a test asks for it: a row of order_status_history.
struct HistoryRow {
  std::int64_t version = 1;
  std::optional<domain::OrderStatus> previous;  // empty at creation
  domain::OrderStatus status = domain::OrderStatus::kPending;
  std::string changed_by;
  std::string notes;
  friend bool operator==(const HistoryRow&, const HistoryRow&) = default;
  friend std::ostream& operator<<(std::ostream& out, const HistoryRow& row) {
    out << "version " << row.version << ": ";
    if (row.previous) out << domain::OrderStatusName(*row.previous) << " -> ";
    return out << domain::OrderStatusName(row.status) << " by \"" << row.changed_by << "\", \"" << row.notes << '"';
  }
};

}  // namespace logistics::fakes
