// Request ids of adjustments: how commands claim them, as in key_rows.hpp.
#pragma once

#include <cstddef>
#include <span>

#include "logistics/commands/decide.hpp"
#include "storage/postgres/pipeline_session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Queues the claims of the request ids of a batch, and says in the state how each went. A writer that claims the same
// one at this moment is waited for. `items` and `state` outlive the message.
void ClaimAdjustments(PipelineSession& session, std::span<const commands::Item> items, commands::State& state);

// Forgets the request ids of commands that won them and were refused. Adds to the group; nothing is sent yet.
void FreeAdjustments(StatementGroup& group, std::span<const commands::Item> items, std::span<const std::size_t> unused);

}  // namespace logistics::storage
