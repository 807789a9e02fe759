// Payments, and the inbox as far as handlers use it, as rows.
#pragma once

#include <cstdint>
#include <span>

#include "logistics/commands/decide.hpp"
#include "storage/postgres/pipeline_session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// Queues the look, for the commands that act on messages, whether theirs is done or waits, and at recorded payments.
// After the locks on their orders, in statements of their own: whoever did the same message, or recorded a payment of
// the same order, held that lock and is seen. `state` outlives the message.
void LoadMessages(PipelineSession& session, std::span<const commands::Item> items, commands::State& state);

// Each adds to the group; nothing is sent yet. A payment that another order's command records at this moment, and a
// message that is done for another order, make the batch fail, and run again.
void StorePayments(StatementGroup& group, std::span<const commands::PaymentRow> payments, absl::Time now);
void StoreMessages(StatementGroup& group, std::span<const commands::DoneMessage> done_messages,
                   std::span<const std::int64_t> no_longer_waiting);

}  // namespace logistics::storage
