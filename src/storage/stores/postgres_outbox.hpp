#pragma once

#include "logistics/ports/outbox.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// The outbox and the relay's lease in Postgres, whose clock counts. Writes carry the lease as their condition, so that
// a frozen holder writes nothing after another replica has acquired it. Nothing here waits for the disk: when a crash
// of Postgres undoes a deletion or a lease, messages are published again and the fence still stands.
class PostgresOutbox final : public ports::Outbox {
 public:
  PostgresOutbox(const DatabaseOptions& options, const domain::Uuid& replica_id)
      : session_(options, SessionUse::kOutbox), replica_id_(replica_id) {}

  absl::StatusOr<bool> AcquireLease(absl::Duration ttl) override;
  absl::Status ReleaseLease() override;
  absl::StatusOr<ports::OutboxPosition> StartPosition() override;
  absl::StatusOr<std::vector<ports::OutboxMessage>> ReadAfter(const ports::OutboxPosition& position,
                                                              int limit) override;
  absl::Status DeleteConfirmed(const std::vector<ports::OutboxMessage>& confirmed,
                               const ports::OutboxPosition& start) override;
  absl::Status Quarantine(const std::vector<ports::OutboxMessage>& messages, const std::string& reason) override;
  absl::StatusOr<std::vector<ports::OutboxMessage>> ReadQuarantined(const ports::OutboxPosition& position,
                                                                    int limit) override;
  absl::StatusOr<ports::OutboxStats> Stats() override;

 private:
  absl::StatusOr<std::vector<ports::OutboxMessage>> Read(const Statement& statement,
                                                         const ports::OutboxPosition& position, int limit);

  SessionSlot session_;
  const domain::Uuid replica_id_;
};

}  // namespace logistics::storage
