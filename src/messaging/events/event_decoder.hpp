#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/payment.hpp"

namespace logistics::messaging {

// A body over this is refused unread: the events that we take have less than 2 KiB.
inline constexpr std::size_t kInboundBodyBytesMax = 262'144;
inline constexpr int kInboundDepthMax = 32;

// An event of somebody else's; empty data: of a type that nobody here acts on.
struct InboundEvent {
  domain::Uuid id;
  std::string event_type;
  absl::Time timestamp;
  std::variant<std::monostate, domain::PaymentNotice> data;
};

// Decodes the envelope of contract §3 with the data of payment.processed and payment.failed, strictly: ids are
// hyphenated UUIDs, amounts decimal strings, version is "1.0", text is without NUL (Postgres holds none). Optional
// fields may be null or absent; fields that are not known are allowed, and of a type that nobody here acts on the data
// is not looked at. Pure; never throws.
//
// INVALID_ARGUMENT: names the field, what is there (cut to a bound, ASCII only) and what is wanted.
absl::StatusOr<InboundEvent> DecodeEvent(std::string_view body);

// What can be read of an event, also of one that DecodeEvent refuses and of types that nobody here acts on.
struct EventOutline {
  std::string event_type;               // empty = none
  std::optional<absl::Time> timestamp;  // storable
  std::optional<domain::OrderId> order_id;
};

// Looks at each field by itself; a body that is no JSON object has none. Pure; never throws.
EventOutline OutlineOf(std::string_view body);

}  // namespace logistics::messaging
