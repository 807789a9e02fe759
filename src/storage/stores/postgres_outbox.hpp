#pragma once

#include "logistics/ports/outbox.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// The outbox and the relay's lease in Postgres. The lease's clock is Postgres'; writes carry the lease as their
// condition, so that a holder that was frozen writes nothing after another has taken over.
// Nothing here waits for the disk: a deletion or lease that a crash of Postgres takes back means that messages are told
// again, and the fence holds all the same.
class PostgresOutbox final : public ports::Outbox {
 public:
  PostgresOutbox(const DatabaseOptions& options, const domain::Uuid& replica_id)
      : session_(options, SessionUse::kOutbox), replica_id_(replica_id) {}

  absl::StatusOr<bool> HoldLease(absl::Duration ttl) override;
  absl::Status ReleaseLease() override;
  absl::StatusOr<ports::OutboxPosition> StartPosition() override;
  absl::StatusOr<std::vector<ports::OutboxMessage>> ReadAfter(const ports::OutboxPosition& position,
                                                              int limit) override;
  absl::Status DeleteConfirmed(const std::vector<ports::OutboxMessage>& confirmed,
                               const ports::OutboxPosition& start) override;
  absl::Status Hold(const std::vector<ports::OutboxMessage>& messages, const std::string& reason) override;
  absl::StatusOr<std::vector<ports::OutboxMessage>> ReadHeld(const ports::OutboxPosition& position, int limit) override;
  absl::StatusOr<ports::OutboxStats> Stats() override;

 private:
  absl::StatusOr<std::vector<ports::OutboxMessage>> Read(const Statement& statement,
                                                         const ports::OutboxPosition& position, int limit);

  SessionSlot session_;
  const domain::Uuid replica_id_;
};

}  // namespace logistics::storage
