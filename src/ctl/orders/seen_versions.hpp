#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace logistics::ctl {

// The highest version seen of each recent order: a stream repeats changes after a resume, and these are known by it.
// Bounded: a new order takes the place of the one that changed longest ago.
class SeenVersions {
 public:
  explicit SeenVersions(std::size_t orders_max) : orders_max_(orders_max) {}

  // True the first time.
  bool Add(const std::string& order_id, std::int64_t version) {
    const auto found = by_id_.find(order_id);
    if (found != by_id_.end()) {
      latest_.splice(latest_.begin(), latest_, found->second);
      if (version <= found->second->second) return false;
      found->second->second = version;
      return true;
    }
    latest_.emplace_front(order_id, version);
    by_id_[order_id] = latest_.begin();
    if (latest_.size() > orders_max_) {
      by_id_.erase(latest_.back().first);
      latest_.pop_back();
    }
    return true;
  }

 private:
  using Orders = std::list<std::pair<std::string, std::int64_t>>;

  const std::size_t orders_max_;
  Orders latest_;  // the latest first
  std::unordered_map<std::string, Orders::iterator> by_id_;
};

}  // namespace logistics::ctl
