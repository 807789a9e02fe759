// The outbox as rows: a commit's events in parts (outbox_part.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "logistics/commands/effects.hpp"
#include "logistics/ports/event_encoder.hpp"
#include "logistics/ports/outbox.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_group.hpp"
#include "storage/rows/outbox_part.hpp"

namespace logistics::storage {

// Adds to the group; nothing is sent yet.
void InsertOutbox(StatementGroup& group, std::span<const commands::OutboxRow> outbox,
                  const ports::EventEncoder& encoder, const domain::Uuid& batch_id);

// A commit's part, or a commit without parts.
struct PartRow {
  std::int64_t number = 0;
  domain::Uuid batch_id;
  absl::Time committed_at;
  std::optional<std::int32_t> part;
  std::string bytes;
  absl::flat_hash_set<std::int32_t> quarantined;  // ordinals of the commit that are in quarantine
};

struct PartRows {
  std::vector<PartRow> rows;  // by number and part; each commit that was looked at has one at least
  std::int64_t commits = 0;   // that were looked at
  bool cut = false;           // there are further parts of these commits: the bytes were enough
};

// The parts of up to `commits_max` commits after `position`, of which about kReadBytesMax are read. Within the commit
// of `position` itself, its parts behind `after_part`.
PartRows ReadParts(Session& session, const ports::OutboxPosition& position, std::int32_t after_part, int commits_max);

// The events of a part, nullopt when it is not there or cannot be read.
std::optional<std::vector<StoredEvent>> ReadPart(Session& session, const domain::Uuid& batch_id, std::int32_t part);

// The names of the streams that this release knows.
ArrayParam KnownStreams();

// Quarantined events of known streams after `position`, in order.
std::vector<ports::OutboxMessage> ReadQuarantinedEvents(Session& session, const ports::OutboxPosition& position,
                                                        int limit);

// An event as a message; its stream is the caller's to set.
ports::OutboxMessage MessageOf(StoredEvent event, const domain::Uuid& batch_id, std::int64_t number,
                               absl::Time committed_at);

}  // namespace logistics::storage
