#pragma once

#include <initializer_list>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace logistics::service {

// Streams by the keys of their scopes: a change finds its streams without a look at all of them. Not thread-safe.
template <typename Key, typename Stream>
class FanOutIndex {
 public:
  // No keys: everything.
  void Add(Stream* stream, const std::vector<Key>& keys) {
    if (keys.empty()) everything_.insert(stream);
    for (const Key& key : keys) by_key_[key].insert(stream);
  }
  void Remove(Stream* stream, const std::vector<Key>& keys) {
    everything_.erase(stream);
    for (const Key& key : keys) {
      const auto found = by_key_.find(key);
      if (found == by_key_.end()) continue;
      found->second.erase(stream);
      if (found->second.empty()) by_key_.erase(found);
    }
  }

  // Streams that want everything, and those of these keys. A stream that has several of them is visited as often.
  template <typename Visit>
  void ForEach(std::initializer_list<Key> keys, const Visit& visit) const {
    for (Stream* stream : everything_) visit(*stream);
    for (const Key& key : keys) {
      const auto found = by_key_.find(key);
      if (found == by_key_.end()) continue;
      for (Stream* stream : found->second) visit(*stream);
    }
  }

 private:
  absl::flat_hash_set<Stream*> everything_;
  absl::flat_hash_map<Key, absl::flat_hash_set<Stream*>> by_key_;
};

}  // namespace logistics::service
