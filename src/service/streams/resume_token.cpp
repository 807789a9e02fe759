#include "service/streams/resume_token.hpp"

#include <utility>

#include "service/streams/token_codec.hpp"

namespace logistics::service {
namespace {

// The version, then all of ResumePoint in this order, each in its fixed length.
constexpr char kResumeVersion = 1;
constexpr char kStampedVersion = 2;
constexpr std::size_t kDatabaseIdAt = 1;
constexpr std::size_t kTimelineAt = kDatabaseIdAt + domain::Uuid::kBytes;
constexpr std::size_t kNumberAt = kTimelineAt + kTokenNumberBytes;
constexpr std::size_t kOrderIdAt = kNumberAt + kTokenNumberBytes;
constexpr std::size_t kOrderVersionAt = kOrderIdAt + domain::Uuid::kBytes;
constexpr std::size_t kCommittedAt = kOrderVersionAt + kTokenNumberBytes;
constexpr std::size_t kResumeBytes = kCommittedAt + kTokenNumberBytes;
constexpr std::size_t kStampAt = kResumeBytes;
constexpr std::size_t kStampedBytes = kStampAt + kTokenNumberBytes;

}  // namespace

std::string EncodeResumeToken(const ResumePoint& point) {
  std::string bytes(1, point.stamp ? kStampedVersion : kResumeVersion);
  bytes.reserve(kStampedBytes + kTokenNumberBytes);
  AppendUuid(bytes, point.database_id);
  AppendNumber(bytes, static_cast<std::uint64_t>(point.timeline));
  AppendNumber(bytes, static_cast<std::uint64_t>(point.place.number));
  AppendUuid(bytes, point.place.order_id.uuid());
  AppendNumber(bytes, static_cast<std::uint64_t>(point.place.version));
  AppendNumber(bytes, static_cast<std::uint64_t>(absl::ToUnixMicros(point.committed_at)));
  if (point.stamp) AppendNumber(bytes, static_cast<std::uint64_t>(absl::ToUnixMicros(*point.stamp)));
  return SealToken(std::move(bytes));
}

std::optional<ResumePoint> DecodeResumeToken(std::string_view token) {
  const std::optional<std::string> bytes = OpenToken(token);
  if (!bytes || bytes->empty()) return std::nullopt;
  const bool stamped = bytes->front() == kStampedVersion;
  if (bytes->size() != (stamped ? kStampedBytes : kResumeBytes)) return std::nullopt;
  if (!stamped && bytes->front() != kResumeVersion) return std::nullopt;
  const auto number = [&](std::size_t offset) { return static_cast<std::int64_t>(NumberAt(*bytes, offset)); };
  ResumePoint point;
  point.database_id = UuidAt(*bytes, kDatabaseIdAt);
  point.timeline = static_cast<std::int32_t>(number(kTimelineAt));
  point.place = {number(kNumberAt), domain::OrderId(UuidAt(*bytes, kOrderIdAt)), number(kOrderVersionAt)};
  point.committed_at = absl::FromUnixMicros(number(kCommittedAt));
  if (stamped) point.stamp = absl::FromUnixMicros(number(kStampAt));
  // The checksum is no secret: a well-formed token may still name no place.
  if (point.timeline != number(kTimelineAt) || point.place.number < 0 || point.place.version < 0) return std::nullopt;
  return point;
}

}  // namespace logistics::service
