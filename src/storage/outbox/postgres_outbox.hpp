#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "logistics/ports/outbox.hpp"
#include "storage/outbox/outbox_parts.hpp"
#include "storage/postgres/session_slot.hpp"
#include "storage/rows/outbox_rows.hpp"

namespace logistics::storage {

// The outbox and the relay's lease in Postgres, whose clock counts. Writes carry the lease as their condition, so that
// a frozen holder writes nothing after another replica has acquired it. Nothing here waits for the disk: when a crash
// of Postgres undoes a deletion or a lease, messages are published again and the fence still stands.
//
// A commit's events lie in parts (rows/outbox_part.hpp). A part is deleted when all its events are confirmed or in
// quarantine; one that is partly confirmed for `replace_after` is replaced by what is still open, so that a crash does
// not have all of it published again. A number never identifies a commit, since a failover may give it to another one:
// rows are known by batch_id.
class PostgresOutbox final : public ports::Outbox {
 public:
  static constexpr std::chrono::seconds kReplaceAfter{5};

  PostgresOutbox(const DatabaseOptions& options, const domain::Uuid& replica_id,
                 std::chrono::milliseconds replace_after = kReplaceAfter, const SessionPart& part = {})
      : session_(options, SessionUse::kByKey, part), replica_id_(replica_id), replace_after_(replace_after) {}

  absl::StatusOr<bool> AcquireLease(absl::Duration ttl) override;
  absl::Status ReleaseLease() override;
  absl::StatusOr<ports::OutboxPosition> StartPosition() override;
  absl::StatusOr<ports::OutboxPage> ReadAfter(const ports::OutboxPosition& position, int commits_max) override;
  absl::Status DeleteConfirmed(const std::vector<ports::OutboxMessage>& confirmed,
                               const ports::OutboxPosition& start) override;
  absl::StatusOr<std::vector<ports::OutboxPosition>> Quarantine(const std::vector<ports::OutboxMessage>& messages,
                                                                const std::string& reason) override;
  absl::StatusOr<std::vector<ports::OutboxMessage>> ReadQuarantined(const ports::OutboxPosition& position,
                                                                    int limit) override;

 private:
  // Where the last page ended, within a commit.
  struct PageEnd {
    ports::OutboxPosition position;
    std::int32_t part = 0;
  };
  // Adds the events of a part to the page, and remembers which of them are open.
  void TakePart(Session& session, const PartRow& row, const ports::OutboxPosition& after, ports::OutboxPage& page);
  // nullopt: the lease is lost.
  std::optional<std::vector<ports::OutboxPosition>> Store(Session& session,
                                                          const std::vector<ports::OutboxMessage>& messages,
                                                          const std::vector<std::string>& streams,
                                                          const std::string& reason);
  void ReplacePartlyConfirmed(Session& session);
  Params Fenced() const;

  SessionSlot session_;
  const domain::Uuid replica_id_;
  const std::chrono::milliseconds replace_after_;
  OutboxParts parts_;
  PageEnd page_end_;
  // The first commit with a part of a later release, which is stepped over: the start position stays before it.
  std::int64_t unreadable_number_ = 0;  // 0 = none
};

}  // namespace logistics::storage
