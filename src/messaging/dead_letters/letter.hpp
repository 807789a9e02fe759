// A message of a dead letter queue, decoded for people and for the redrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"

namespace logistics::messaging {

struct Delivery;

struct Letter {
  std::size_t position = 0;  // in its queue, from 0; a letter that was redriven and died again is at the end
  std::uint64_t tag = 0;     // on the connection that took it

  // Empty, nullopt or the infinite past where the message has no such part.
  std::string message_id;
  std::string event_type;               // the envelope's, else the property `type`
  std::optional<absl::Time> timestamp;  // the envelope's, else the property
  std::optional<domain::OrderId> order_id;
  std::string reason;    // why it died: our consumer's (dead_letter.hpp), else the broker's word in x-death
  std::string consumer;  // empty: the broker dead-lettered it
  std::int64_t attempts = 0;
  absl::Time died_at = absl::InfinitePast();
  std::string original_exchange;  // where it was first published
  std::string original_routing_key;

  std::string properties;  // all of them, as encoded on the wire
  std::string body;
};

// Never fails: a part that cannot be read counts as absent.
Letter LetterOf(Delivery delivery, std::size_t position);

// The reason with "<id>" for each id, so that reasons of one kind are equal.
std::string ReasonWithoutIds(const std::string& reason);

}  // namespace logistics::messaging
