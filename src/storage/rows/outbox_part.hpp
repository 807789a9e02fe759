// How the events of a commit are stored: in parts, a row of the outbox each (migration 0006 says the bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "logistics/domain/ids.hpp"

namespace logistics::storage {

// A part has at most so many events and bytes; one event alone may be longer.
inline constexpr std::size_t kPartEventsMax = 256;
inline constexpr std::size_t kPartBytesMax = std::size_t{256} * 1024;

// An event as it is stored. `stream` is a name: a later release may know more of them than this one.
struct StoredEvent {
  std::int32_t ordinal = 0;  // within its commit
  domain::Uuid message_id;
  std::string stream;
  std::string routing_key;
  std::string event_type;
  std::string body;
  std::optional<domain::OrderId> order_id;
  std::optional<domain::ProductId> product_id;
  std::string correlation_id;
  std::string traceparent;
  friend bool operator==(const StoredEvent&, const StoredEvent&) = default;
};

struct OutboxPart {
  std::int32_t part = 0;  // the ordinal of its first event
  std::string bytes;
};

// `events` in the order of their ordinals.
std::vector<OutboxPart> EncodeParts(std::span<const StoredEvent> events);

// nullopt: another version, or no part at all.
std::optional<std::vector<StoredEvent>> DecodePart(std::string_view bytes);

}  // namespace logistics::storage
