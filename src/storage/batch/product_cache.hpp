#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "logistics/domain/order_products.hpp"

namespace logistics::storage {

// Products that were read once: their id and SKU never change and they are never deleted, so an entry is right for
// ever. Shared by the writers of a replica. Bounded: a full cache starts anew. Thread-safe.
class ProductCache {
 public:
  static constexpr std::size_t kEntriesMax = 100'000;

  std::optional<domain::ProductRef> FindById(const domain::ProductId& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? std::nullopt : std::optional(domain::ProductRef{id, found->second});
  }
  std::optional<domain::ProductRef> FindBySku(const std::string& sku) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_sku_.find(sku);
    return found == by_sku_.end() ? std::nullopt : std::optional(domain::ProductRef{found->second, sku});
  }
  void Add(const domain::ProductRef& product) {
    const std::lock_guard lock(mutex_);
    if (by_id_.size() >= kEntriesMax) {
      by_id_.clear();
      by_sku_.clear();
    }
    by_id_[product.id] = product.sku;
    by_sku_[product.sku] = product.id;
  }

 private:
  mutable std::mutex mutex_;
  absl::flat_hash_map<domain::ProductId, std::string> by_id_;   // guarded by mutex_
  absl::flat_hash_map<std::string, domain::ProductId> by_sku_;  // guarded by mutex_
};

}  // namespace logistics::storage
