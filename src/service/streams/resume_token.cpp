#include "service/streams/resume_token.hpp"

#include <utility>

#include "service/streams/token_codec.hpp"

namespace logistics::service {
namespace {

// The version, then all of ResumePoint in this order, each in its fixed length.
constexpr char kResumeVersion = 1;
constexpr std::size_t kDatabaseIdAt = 1;
constexpr std::size_t kTimelineAt = kDatabaseIdAt + domain::Uuid::kBytes;
constexpr std::size_t kNumberAt = kTimelineAt + kTokenNumberBytes;
constexpr std::size_t kOrderIdAt = kNumberAt + kTokenNumberBytes;
constexpr std::size_t kOrderVersionAt = kOrderIdAt + domain::Uuid::kBytes;
constexpr std::size_t kCommittedAt = kOrderVersionAt + kTokenNumberBytes;
constexpr std::size_t kResumeBytes = kCommittedAt + kTokenNumberBytes;

}  // namespace

std::string EncodeResumeToken(const ResumePoint& point) {
  std::string bytes(1, kResumeVersion);
  bytes.reserve(kResumeBytes + kTokenNumberBytes);
  AppendUuid(bytes, point.database_id);
  AppendNumber(bytes, static_cast<std::uint64_t>(point.timeline));
  AppendNumber(bytes, static_cast<std::uint64_t>(point.place.number));
  AppendUuid(bytes, point.place.order_id.uuid());
  AppendNumber(bytes, static_cast<std::uint64_t>(point.place.version));
  AppendNumber(bytes, static_cast<std::uint64_t>(absl::ToUnixMicros(point.committed_at)));
  return SealToken(std::move(bytes));
}

std::optional<ResumePoint> DecodeResumeToken(std::string_view token) {
  const std::optional<std::string> bytes = OpenToken(token);
  if (!bytes || bytes->size() != kResumeBytes || (*bytes)[0] != kResumeVersion) return std::nullopt;
  const auto number = [&](std::size_t offset) { return static_cast<std::int64_t>(NumberAt(*bytes, offset)); };
  ResumePoint point;
  point.database_id = UuidAt(*bytes, kDatabaseIdAt);
  point.timeline = static_cast<std::int32_t>(number(kTimelineAt));
  point.place = {number(kNumberAt), domain::OrderId(UuidAt(*bytes, kOrderIdAt)), number(kOrderVersionAt)};
  point.committed_at = absl::FromUnixMicros(number(kCommittedAt));
  // The checksum is no secret: a well-formed token may still name no place.
  if (point.timeline != number(kTimelineAt) || point.place.number < 0 || point.place.version < 0) return std::nullopt;
  return point;
}

}  // namespace logistics::service
