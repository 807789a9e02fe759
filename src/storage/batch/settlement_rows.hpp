#pragma once

#include <span>

#include "storage/batch/batch.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// What a batch writes about orders whose stock another service keeps. Each adds to the group; nothing is sent yet.
void StoreIntents(StatementGroup& group, const BatchEffects::IntentKeys& intents);
void StoreSettlements(StatementGroup& group, std::span<const BatchEffects::SettlementRow> settlements);

}  // namespace logistics::storage
