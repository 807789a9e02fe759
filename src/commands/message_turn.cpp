#include "logistics/commands/message_turn.hpp"

#include "absl/strings/str_cat.h"

namespace logistics::commands {

absl::Status CheckTurn(const ports::InboxEntry& entry, const domain::OrderId& order, const MessageState& message) {
  if (entry.waiting_id && !message.waits_as) {
    return absl::AbortedError(absl::StrCat("this message of order ", order.ToString(), " does not wait any more"));
  }
  if (message.first_waiting && message.first_waiting != message.waits_as) {
    return absl::AbortedError(absl::StrCat("an earlier message of order ", order.ToString(), " waits"));
  }
  return absl::OkStatus();
}

}  // namespace logistics::commands
