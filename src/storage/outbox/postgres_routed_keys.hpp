#pragma once

#include "logistics/ports/routed_keys.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// The table routed_keys; the pool outlives this.
class PostgresRoutedKeys final : public ports::RoutedKeys {
 public:
  explicit PostgresRoutedKeys(SessionPool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<ports::RoutedKey>> Load() override;
  absl::Status Store(const std::vector<ports::RoutedKey>& changed, const std::vector<ports::RoutedKey>& gone) override;

 private:
  SessionPool& pool_;
};

}  // namespace logistics::storage
