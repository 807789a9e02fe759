// Deciding a batch of commands.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/commands/command.hpp"

namespace logistics::commands {

// One command of a batch, with its needs.
struct Item {
  explicit Item(const Command& of, Cause caused_by = {})
      : command(of), needs(NeedsOf(of)), cause(std::move(caused_by)) {}
  const Command& command;  // outlives the item
  Needs needs;
  Cause cause;
};

struct Decision {
  std::vector<absl::StatusOr<Result>> outcomes;  // one a command, in their order, valid once the effects are stored
  Effects effects;                               // of the commands that were not refused
  std::vector<std::size_t> unused_keys;          // refused commands that had won their claim, which is to be freed
};

// Decides the commands in arrival order, each on what those before it left. `state` holds what they all need, claims
// and messages by their places in `items`, and is changed as `effects` says. A refused command leaves nothing: it works
// on Effects of its own and on a journal of the state, which are merged only when it is not refused. A command that
// shares a conflict key with an earlier one is refused with INTERNAL: its batch should not have taken it. Pure but for
// the ids.
Decision Decide(std::span<const Item> items, State& state, const domain::StockPolicy& policy, ports::IdGenerator& ids,
                absl::Time now);

}  // namespace logistics::commands
