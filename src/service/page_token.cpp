#include "service/page_token.hpp"

#include <cstdint>
#include <utility>

#include "service/streams/token_codec.hpp"

namespace logistics::service {
namespace {

constexpr char kPageVersion = 1;
constexpr std::size_t kHeadBytes = 1 + kTokenNumberBytes + domain::Uuid::kBytes;

void AppendOptionalTime(std::string& bytes, const std::optional<absl::Time>& time) {
  bytes.push_back(time ? '\1' : '\0');
  if (time) AppendNumber(bytes, static_cast<std::uint64_t>(absl::ToUnixMicros(*time)));
}

// What a token must not be carried over: everything that says which rows and in which order.
std::string HashOfQuery(const ports::OrderQuery& query) {
  std::string form;
  form.push_back(static_cast<char>(query.status.value_or(domain::OrderStatus::kUnknown)));
  form.push_back(query.customer_id ? '\1' : '\0');
  if (query.customer_id) AppendUuid(form, query.customer_id->uuid());
  AppendOptionalTime(form, query.created_from);
  AppendOptionalTime(form, query.created_before);
  form.push_back(static_cast<char>(query.sort));
  form.push_back(query.descending ? '\1' : '\0');
  std::string hash;
  AppendNumber(hash, StableHash(form));
  return hash;
}

}  // namespace

std::string EncodePageToken(const ports::OrderQuery& query, const ports::OrderQuery::After& after) {
  std::string bytes(1, kPageVersion);
  bytes.append(HashOfQuery(query));
  AppendUuid(bytes, after.id.uuid());
  bytes.append(after.sort_value);
  return SealToken(std::move(bytes));
}

DecodedPageToken DecodePageToken(const ports::OrderQuery& query, std::string_view token) {
  const std::optional<std::string> body = OpenToken(token);
  if (!body || body->size() < kHeadBytes || (*body)[0] != kPageVersion) return {};
  if (body->compare(1, kTokenNumberBytes, HashOfQuery(query)) != 0) return {std::nullopt, PageTokenError::kOtherQuery};
  const domain::OrderId id(UuidAt(*body, 1 + kTokenNumberBytes));
  return {ports::OrderQuery::After{body->substr(kHeadBytes), id}, PageTokenError::kMalformed};
}

}  // namespace logistics::service
