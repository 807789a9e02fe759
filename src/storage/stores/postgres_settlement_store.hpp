#pragma once

#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/settlement_store.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

class PostgresSettlementStore final : public ports::SettlementStore {
 public:
  PostgresSettlementStore(SessionPool& pool, ports::IdGenerator& ids) : pool_(pool), ids_(ids) {}

  absl::StatusOr<std::vector<ports::Settlement>> Claim(int limit, absl::Duration claim_for) override;
  absl::Status Done(const ports::Settlement& settlement, absl::Duration next_in) override;
  absl::Status Retry(const ports::Settlement& settlement, absl::Duration delay, const std::string& error) override;
  absl::StatusOr<bool> MarkRestocking(const ports::Settlement& settlement) override;
  absl::Status InDoubt(const ports::Settlement& settlement, const std::string& why) override;
  absl::StatusOr<ports::SettlementStats> Stats() override;
  absl::StatusOr<std::vector<ports::StuckSettlement>> Stuck(absl::Duration age, int limit) override;

 private:
  SessionPool& pool_;
  ports::IdGenerator& ids_;
};

}  // namespace logistics::storage
