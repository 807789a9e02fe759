// Idempotency keys and SKUs: how commands claim them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "logistics/commands/decide.hpp"
#include "storage/postgres/pipeline_session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Queues the claims of the idempotency keys of a batch, and says in the state how each went. A writer that claims the
// same key at this moment is waited for. `items` and `state` outlive the message.
void ClaimKeys(PipelineSession& session, std::span<const commands::Item> items, commands::State& state);

// The same for the SKUs of new products, which are inserted with that.
void ClaimSkus(PipelineSession& session, std::span<const commands::Item> items, commands::State& state);

// Forgets the keys of commands that won them and were refused. Adds to the group; nothing is sent yet.
void FreeKeys(StatementGroup& group, std::span<const commands::Item> items, std::span<const std::size_t> unused);

}  // namespace logistics::storage
