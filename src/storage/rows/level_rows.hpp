// Levels and their ledger as rows.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "logistics/commands/effects.hpp"
#include "logistics/commands/state.hpp"
#include "logistics/ports/stock_log.hpp"
#include "logistics/ports/stock_store.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Levels of these products in these warehouses; an empty list means all. Sorted by key.
std::vector<ports::LevelRow> ReadLevels(Session& session, const std::vector<domain::ProductId>& products,
                                        const std::vector<domain::WarehouseId>& warehouses);

// Up to `limit` of those of the scope behind `after`.
std::vector<ports::LevelRow> ReadLevelsAfter(Session& session, const ports::StockScope& scope,
                                             const std::optional<domain::LevelKey>& after, int limit);

// Queues the locks of the levels of these keys that exist, in the order of their keys, and loads them into `state`,
// which outlives the message.
void LockLevels(PipelineSession& session, const std::set<domain::LevelKey>& keys, commands::State& state);

// Each adds to the group; nothing is sent yet.
void StoreLevels(StatementGroup& group, const std::map<domain::LevelKey, domain::StockBook::Changed>& levels,
                 absl::Time now);
void InsertMovements(StatementGroup& group, std::span<const commands::MovementRow> movements,
                     const domain::Uuid& batch_id, absl::Time now);

}  // namespace logistics::storage
