#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "logistics/ports/routed_keys.hpp"

namespace logistics::fakes {

// Routed keys in memory, with the ages that were stored. Thread-safe.
class MemoryRoutedKeys final : public ports::RoutedKeys {
 public:
  absl::StatusOr<std::vector<ports::RoutedKey>> Load() override {
    const std::scoped_lock lock(mutex_);
    if (unavailable_) return absl::UnavailableError("the database is unavailable");
    std::vector<ports::RoutedKey> keys;
    for (const auto& [name, key] : keys_) keys.push_back(key);
    return keys;
  }

  absl::Status Store(const std::vector<ports::RoutedKey>& changed, const std::vector<ports::RoutedKey>& gone) override {
    const std::scoped_lock lock(mutex_);
    if (unavailable_) return absl::UnavailableError("the database is unavailable");
    for (const ports::RoutedKey& key : gone) keys_.erase({key.stream, key.routing_key});
    for (const ports::RoutedKey& key : changed) keys_[{key.stream, key.routing_key}] = key;
    return absl::OkStatus();
  }

  void SetUnavailable(bool unavailable) {
    const std::scoped_lock lock(mutex_);
    unavailable_ = unavailable;
  }
  std::vector<std::string> routing_keys() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, key] : keys_) names.push_back(key.routing_key);
    return names;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<domain::EventStream, std::string>, ports::RoutedKey> keys_;  // guarded by mutex_
  bool unavailable_ = false;                                                      // guarded by mutex_
};

}  // namespace logistics::fakes
