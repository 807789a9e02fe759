// Events on their way out as rows.
#pragma once

#include <span>

#include "logistics/commands/effects.hpp"
#include "logistics/ports/event_encoder.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Adds to the group; nothing is sent yet.
void InsertOutbox(StatementGroup& group, std::span<const commands::OutboxRow> outbox,
                  const ports::EventEncoder& encoder, const domain::Uuid& batch_id);

}  // namespace logistics::storage
