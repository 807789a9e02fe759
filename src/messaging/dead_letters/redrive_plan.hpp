// The letters that a command selects, and the order in which a redrive puts them back.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "logistics/domain/ids.hpp"
#include "messaging/dead_letters/letter.hpp"

namespace logistics::messaging {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// The conditions on a letter; an empty field is none.
struct LetterFilter {
  std::optional<domain::OrderId> order_id;
  std::string event_type;
  std::string reason;  // a part of it
  std::size_t limit = kNoLimit;
};

bool Matches(const LetterFilter& filter, const Letter& letter);

// Indexes of letters.
struct RedrivePlan {
  std::vector<std::size_t> chosen;  // in the order in which they go
  // These match, but an earlier letter of their order does not: they would overtake it.
  std::vector<std::size_t> left;
};

// Letters of one order go by their events' timestamps: positions mislead once a letter was redriven and died again.
// Equal timestamps go by position, and a letter without one goes with the letter of its order before it. Apart from
// that the plan keeps the queue's order. The limit counts the chosen ones. Pure; `letters` are in the order of their
// positions.
RedrivePlan PlanRedrive(const std::vector<Letter>& letters, const LetterFilter& filter);

// The letters that match, by position, up to the limit: for commands that put none back.
std::vector<std::size_t> SelectLetters(const std::vector<Letter>& letters, const LetterFilter& filter);

}  // namespace logistics::messaging
