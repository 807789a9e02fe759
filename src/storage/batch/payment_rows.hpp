#pragma once

#include "storage/batch/batch.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Reads what the batch's commands that act on messages need: whether theirs is done or waits, and the payments that are
// recorded. After the locks on their orders, in statements of their own: whoever did the same message, or recorded a
// payment of the same order, held that lock and is seen.
void LoadMessages(Session& session, const WriteBatch& batch, BatchState& state);

// What a batch writes of them. Each adds to the group; nothing is sent yet. A payment that another order's command
// records at this moment, and a message that is done for another order, make the batch fail, and run again.
void StorePayments(StatementGroup& group, const BatchEffects& effects);
void StoreMessages(StatementGroup& group, const BatchEffects& effects);

}  // namespace logistics::storage
