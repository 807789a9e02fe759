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

// A larger body is refused unread: the events that we handle have less than 2 KiB.
inline constexpr std::size_t kInboundBodyBytesMax = 262'144;
inline constexpr int kInboundDepthMax = 32;

// An event of another service; empty data: no handler acts on its type.
struct InboundEvent {
  domain::Uuid id;
  std::string event_type;
  absl::Time timestamp;
  std::variant<std::monostate, domain::PaymentNotice> data;
};

// Decodes the envelope of contract §3 with the data of payment.processed and payment.failed, strictly: ids are
// hyphenated UUIDs, amounts decimal strings, version is "1.0", text is without NUL (Postgres stores none). Optional
// fields may be null or absent, and unknown fields are allowed. The data of a type without a handler is not read. Pure;
// never throws.
//
// INVALID_ARGUMENT: names the field, its value (cut to a bound, ASCII only) and what is wanted.
absl::StatusOr<InboundEvent> DecodeEvent(std::string_view body);

// The fields that can be read of any event, also of one that DecodeEvent refuses.
struct EventOutline {
  std::string event_type;               // empty = none
  std::optional<absl::Time> timestamp;  // storable
  std::optional<domain::OrderId> order_id;
};

// Reads each field by itself; a body that is no JSON object has none. Pure; never throws.
EventOutline OutlineOf(std::string_view body);

}  // namespace logistics::messaging
