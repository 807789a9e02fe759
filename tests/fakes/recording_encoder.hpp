#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "logistics/ports/event_encoder.hpp"

namespace logistics::fakes {

// Keeps each event by its id, so that what lies in an outbox by message_id can be looked at as it was decided.
// The body is a JSON object with the id alone. Thread-safe.
class RecordingEncoder final : public ports::EventEncoder {
 public:
  std::string Encode(const domain::Event& event) const override {
    const std::scoped_lock lock(mutex_);
    events_.insert_or_assign(event.id, event);
    return "{\"id\":\"" + event.id.ToString() + "\"}";
  }

  std::optional<domain::Event> Find(const domain::Uuid& id) const {
    const std::scoped_lock lock(mutex_);
    const auto event = events_.find(id);
    return event == events_.end() ? std::nullopt : std::optional(event->second);
  }

 private:
  mutable std::mutex mutex_;
  mutable absl::flat_hash_map<domain::Uuid, domain::Event> events_;  // guarded by mutex_
};

}  // namespace logistics::fakes
