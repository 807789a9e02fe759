#include "messaging/dead_letters/redrive_plan.hpp"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace logistics::messaging {
namespace {

// The letters of one order, and how far the plan has come with them.
struct OrderLetters {
  std::vector<std::pair<absl::Time, std::size_t>> in_order;  // by time, then index
  std::size_t next = 0;
  bool blocked = false;  // an earlier letter of the order does not match
};

using LettersByOrder = absl::flat_hash_map<domain::OrderId, OrderLetters>;

LettersByOrder ByOrder(const std::vector<Letter>& letters) {
  LettersByOrder orders;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (!letters[i].order_id) continue;
    auto& of_order = orders[*letters[i].order_id].in_order;
    const absl::Time before = of_order.empty() ? absl::InfinitePast() : of_order.back().first;
    of_order.emplace_back(letters[i].timestamp.value_or(before), i);
  }
  for (auto& [order, of_order] : orders) std::sort(of_order.in_order.begin(), of_order.in_order.end());
  return orders;
}

}  // namespace

bool Matches(const LetterFilter& filter, const Letter& letter) {
  if (filter.order_id && letter.order_id != filter.order_id) return false;
  if (!filter.event_type.empty() && letter.event_type != filter.event_type) return false;
  return letter.reason.find(filter.reason) != std::string::npos;
}

RedrivePlan PlanRedrive(const std::vector<Letter>& letters, const LetterFilter& filter) {
  LettersByOrder orders = ByOrder(letters);
  RedrivePlan plan;
  for (std::size_t place = 0; place < letters.size(); ++place) {
    // The letters of an order keep its places in the queue, and fill them by time.
    std::size_t index = place;
    bool blocked = false;
    if (letters[place].order_id) {
      OrderLetters& of_order = orders[*letters[place].order_id];
      index = of_order.in_order[of_order.next++].second;
      blocked = of_order.blocked;
      of_order.blocked = blocked || !Matches(filter, letters[index]);
    }
    if (!Matches(filter, letters[index])) continue;
    if (blocked) {
      plan.left.push_back(index);
    } else if (plan.chosen.size() < filter.limit) {
      plan.chosen.push_back(index);
    }
  }
  return plan;
}

std::vector<std::size_t> SelectLetters(const std::vector<Letter>& letters, const LetterFilter& filter) {
  std::vector<std::size_t> selected;
  for (std::size_t i = 0; i < letters.size() && selected.size() < filter.limit; ++i) {
    if (Matches(filter, letters[i])) selected.push_back(i);
  }
  return selected;
}

}  // namespace logistics::messaging
