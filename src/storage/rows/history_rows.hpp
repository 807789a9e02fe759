// The history of orders as rows.
#pragma once

#include <span>

#include "logistics/commands/effects.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Adds to the group; nothing is sent yet.
void InsertHistory(StatementGroup& group, std::span<const commands::HistoryRow> history, const domain::Uuid& batch_id);

}  // namespace logistics::storage
