#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "logistics/domain/ids.hpp"

namespace logistics::storage {

// The parts that the relay has read and not finished, and which of their events are still open: neither confirmed nor
// in quarantine. Bounded by what the relay has in memory. Not thread-safe.
class OutboxParts {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Key {
    domain::Uuid batch_id;
    std::int32_t part = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };

  void Clear() { batches_.clear(); }
  // A part was read (again), with these events open.
  void Add(const Key& key, std::span<const std::int32_t> open, Time now);
  // The event is no longer open; when it was the last one of its part, that is appended to `finished`. False: it was
  // not open.
  bool Close(const domain::Uuid& batch_id, std::int32_t ordinal, std::vector<Key>& finished);

  // Parts that were read before `before` and have lost some of their events meanwhile, with those that are open, at
  // most so many. They are taken for read at `now`.
  std::vector<std::pair<Key, std::vector<std::int32_t>>> TakePartlyConfirmed(Time before, Time now, std::size_t max);

 private:
  struct Part {
    std::int32_t part = 0;
    absl::flat_hash_set<std::int32_t> open;
    bool changed = false;
    Time read_at;
  };
  absl::flat_hash_map<domain::Uuid, std::vector<Part>> batches_;  // parts by rising ordinals
};

}  // namespace logistics::storage
