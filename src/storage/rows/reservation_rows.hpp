// Reservations as rows.
#pragma once

#include <span>
#include <vector>

#include "logistics/domain/reservation.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// The reservations of these orders, locked until the end of the transaction in the order of their ids.
std::vector<domain::Reservation> LockReservations(Session& session, std::span<const domain::OrderId> ids);

void InsertReservations(StatementGroup& group, std::span<const domain::Reservation> reservations);

// Writes the state.
void UpdateReservations(StatementGroup& group, std::span<const domain::Reservation> reservations);

}  // namespace logistics::storage
