#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "logistics/domain/stock.hpp"

namespace logistics::storage {

// Keys of rows that a batch waited for in vain a while ago, as hashes: of levels, of their products by id and by SKU,
// and conflict keys. Commands that need one run apart, so that a lock that somebody forgot holds up no other command.
// A collision makes a command run apart, no more. Thread-safe; shared by the writers of a replica.
class ContestedKeys {
 public:
  static constexpr std::size_t kKeysMax = 4'096;
  // A key is forgotten after this time, and earlier when a command that needs it has committed. Longer than one wait
  // for a row, which renews the key; short, since a command behind that of another locked row may find no turn.
  static constexpr absl::Duration kTtl = absl::Seconds(10);

  static std::size_t KeyOf(const domain::LevelKey& level) { return absl::HashOf(1, level); }
  static std::size_t KeyOf(const domain::ProductId& product) { return absl::HashOf(2, product); }
  static std::size_t KeyOf(const std::string& sku) { return absl::HashOf(3, sku); }

  // Remembers the key, or renews it. Where kKeysMax are remembered already, this one is not.
  void Add(std::size_t key) {
    const std::lock_guard lock(mutex_);
    const absl::Time now = absl::Now();
    if (until_.size() >= kKeysMax) absl::erase_if(until_, [&](const auto& entry) { return entry.second < now; });
    if (until_.size() < kKeysMax || until_.contains(key)) until_[key] = now + kTtl;
  }
  void Remove(std::size_t key) {
    const std::lock_guard lock(mutex_);
    until_.erase(key);
  }
  bool Contains(std::size_t key) const {
    const std::lock_guard lock(mutex_);
    return ContainsLocked(key);
  }
  bool ContainsAny(const std::vector<std::size_t>& keys) const {
    const std::lock_guard lock(mutex_);
    return !until_.empty() && std::any_of(keys.begin(), keys.end(), [&](auto key) { return ContainsLocked(key); });
  }

 private:
  bool ContainsLocked(std::size_t key) const {
    const auto found = until_.find(key);
    return found != until_.end() && found->second >= absl::Now();
  }

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::size_t, absl::Time> until_;  // guarded by mutex_
};

}  // namespace logistics::storage
