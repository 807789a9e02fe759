// Reservations as rows.
#pragma once

#include <span>
#include <vector>

#include "logistics/commands/state.hpp"
#include "logistics/domain/reservation.hpp"
#include "storage/postgres/pipeline_session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Queues the locks, until the end of the transaction, of the reservations of these orders in the order of their ids,
// and loads them into `state`, which outlives the message.
void LockReservations(PipelineSession& session, std::span<const domain::OrderId> ids, commands::State& state);

void InsertReservations(StatementGroup& group, std::span<const domain::Reservation> reservations);

// Writes the state.
void UpdateReservations(StatementGroup& group, std::span<const domain::Reservation> reservations);

}  // namespace logistics::storage
