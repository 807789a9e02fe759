#pragma once

#include "logistics/ports/intent_store.hpp"
#include "storage/batch/write_batch.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

class PostgresIntentStore final : public ports::IntentStore {
 public:
  PostgresIntentStore(WriteBatcher& writes, SessionPool& pool) : writes_(writes), pool_(pool) {}

  absl::StatusOr<ports::IntentAnswer> Open(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> Complete(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<bool> Abandon(const ports::Abandonment& abandonment, const ports::CallContext& context) override;
  absl::StatusOr<std::optional<domain::Order>> Made(const domain::NewOrder& order,
                                                    const ports::CallContext& context) override;
  absl::StatusOr<std::vector<domain::Uuid>> Left(absl::Duration age, int limit) override;

 private:
  WriteBatcher& writes_;
  SessionPool& pool_;
};

}  // namespace logistics::storage
