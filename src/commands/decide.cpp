#include "logistics/commands/decide.hpp"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace logistics::commands {
namespace {

absl::StatusOr<Result> Run(const Command& command, State& state, Effects& effects, const Context& context) {
  return std::visit(
      [&](const auto& one) -> absl::StatusOr<Result> {
        auto result = Execute(one, state, effects, context);
        if (!result.ok()) return result.status();
        // Made in place: g++ 12 takes the move of a result for one of something uninitialized.
        return absl::StatusOr<Result>(absl::in_place, *std::move(result));
      },
      command);
}

// True when none of the keys was seen before.
bool AddAll(const std::vector<ConflictKey>& keys, absl::flat_hash_set<ConflictKey>& seen) {
  return std::all_of(keys.begin(), keys.end(), [&](const ConflictKey& key) { return seen.insert(key).second; });
}

}  // namespace

Decision Decide(std::span<const Item> items, State& state, const domain::StockPolicy& policy, ports::IdGenerator& ids,
                absl::Time now) {
  Decision decision;
  decision.outcomes.reserve(items.size());
  absl::flat_hash_set<ConflictKey> conflict_keys;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    State journal = state.Journal();
    Effects own;
    decision.outcomes.push_back(AddAll(item.needs.conflict_keys, conflict_keys)
                                    ? Run(item.command, journal, own, {policy, ids, now, i, item.cause})
                                    : absl::InternalError("two commands of one batch share a conflict key"));
    if (decision.outcomes.back().ok()) {
      for (const domain::StockBook::Changed& changed : journal.stock().ChangedLevels()) {
        own.levels.insert_or_assign(changed.key, changed);
      }
      state.Merge(std::move(journal));
      decision.effects.Merge(std::move(own));
    } else if (const ClaimState* claim = state.FindClaim(i); claim != nullptr && claim->claim == Claim::kWon) {
      decision.unused_keys.push_back(i);
    }
  }
  return decision;
}

}  // namespace logistics::commands
