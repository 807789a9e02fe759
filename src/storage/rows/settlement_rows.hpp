// The saga as rows: keys of intents, and steps for the peer.
#pragma once

#include <span>

#include "logistics/commands/effects.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Each adds to the group; nothing is sent yet. An abandoned intent frees its idempotency key.
void StoreIntentKeys(StatementGroup& group, std::span<const commands::IntentKey> claimed,
                     std::span<const domain::Uuid> completed, std::span<const domain::Uuid> abandoned);
void StoreSettlements(StatementGroup& group, std::span<const commands::SettlementRow> settlements);
void StoreRefusedRestocks(StatementGroup& group, std::span<const commands::RefusedRestock> restocks);

}  // namespace logistics::storage
