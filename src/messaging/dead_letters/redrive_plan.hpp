// Which letters of a dead letter queue are meant, and in which order they go back.
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

// What a letter must be; an empty field is no condition.
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
  // Matching, but an earlier letter of their order does not: going before it they would change the order's order.
  std::vector<std::size_t> left;
};

// Letters of one order go in the order of their events' timestamps, which their positions are not once a letter was
// redriven and died again; equal timestamps go by position, and a letter without one goes with the letter of its order
// before it. Apart from that, and for letters without an order, it is the queue's order. The limit counts what is
// chosen. Pure; `letters` are in the order of their positions.
RedrivePlan PlanRedrive(const std::vector<Letter>& letters, const LetterFilter& filter);

// Those that match, by position, up to the limit: order does not matter to what is dropped or looked at.
std::vector<std::size_t> SelectLetters(const std::vector<Letter>& letters, const LetterFilter& filter);

}  // namespace logistics::messaging
