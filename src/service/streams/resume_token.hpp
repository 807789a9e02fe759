#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "logistics/ports/order_log.hpp"

namespace logistics::service {

// A place in a certain database, behind which a stream of order updates goes on.
struct ResumePoint {
  domain::Uuid database_id;
  std::int32_t timeline = 0;
  ports::LogPlace place;
  absl::Time committed_at;  // when reading stood there, by Postgres' clock, in microseconds
  // When the place's commit was made: another commit of that number has another time. None where it is not known, and
  // in tokens of version 1.
  std::optional<absl::Time> stamp = {};
  friend bool operator==(const ResumePoint&, const ResumePoint&) = default;
};

// A token is opaque to clients: URL-safe base64 of a version (2 with a stamp, 1 without), the point and a checksum. It
// means the same to every replica and after a restart. It is no secret and no permission: the request decides what a
// stream emits.
std::string EncodeResumeToken(const ResumePoint& point);

// nullopt: not one that EncodeResumeToken made.
std::optional<ResumePoint> DecodeResumeToken(std::string_view token);

}  // namespace logistics::service
