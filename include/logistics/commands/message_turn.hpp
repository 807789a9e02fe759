#pragma once

#include "absl/status/status.h"
#include "logistics/commands/state.hpp"
#include "logistics/domain/ids.hpp"
#include "logistics/ports/inbox.hpp"

namespace logistics::commands {

// OK when it is the turn of a message that is not done: messages of one order are handled in the order of their
// arrival. ABORTED: an earlier one waits, or it waited itself and does not any more (it was dead-lettered meanwhile).
absl::Status CheckTurn(const ports::InboxEntry& entry, const domain::OrderId& order, const MessageState& message);

}  // namespace logistics::commands
