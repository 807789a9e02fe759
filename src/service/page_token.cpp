#include "service/page_token.hpp"

#include <cstdint>
#include <utility>

#include "absl/strings/escaping.h"

namespace logistics::service {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHashBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kHashBytes + domain::Uuid::kBytes;
constexpr std::size_t kTokenBytesMax = 512;

// FNV-1a, 64 bits. Each step is a bijection of its state, so two texts that differ in one byte only never
// have the same hash: any flipped bit of a token is found. Not absl::Hash, which differs from process to process.
std::uint64_t Hash(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x00000100000001B3U;
  }
  return hash;
}

void AppendNumber(std::string& bytes, std::uint64_t number) {
  for (std::size_t i = 0; i < kHashBytes; ++i, number >>= 8) bytes.push_back(static_cast<char>(number & 0xFF));
}

void AppendOptionalTime(std::string& bytes, const std::optional<absl::Time>& time) {
  bytes.push_back(time ? '\1' : '\0');
  if (time) AppendNumber(bytes, static_cast<std::uint64_t>(absl::ToUnixMicros(*time)));
}

// What a token must not be carried over: everything that says which rows and in which order.
std::string HashOfQuery(const ports::OrderQuery& query) {
  std::string form;
  form.push_back(static_cast<char>(query.status.value_or(domain::OrderStatus::kUnknown)));
  form.push_back(query.customer_id ? '\1' : '\0');
  if (query.customer_id) {
    const domain::Uuid::Bytes& bytes = query.customer_id->uuid().bytes();
    form.append(bytes.begin(), bytes.end());
  }
  AppendOptionalTime(form, query.created_from);
  AppendOptionalTime(form, query.created_before);
  form.push_back(static_cast<char>(query.sort));
  form.push_back(query.descending ? '\1' : '\0');
  std::string hash;
  AppendNumber(hash, Hash(form));
  return hash;
}

std::string Base64(const std::string& bytes) {
  std::string text;
  absl::WebSafeBase64Escape(bytes, &text);
  return text;
}

}  // namespace

std::string EncodePageToken(const ports::OrderQuery& query, const ports::OrderQuery::After& after) {
  std::string bytes(1, kVersion);
  bytes.append(HashOfQuery(query));
  const domain::Uuid::Bytes& id = after.id.uuid().bytes();
  bytes.append(id.begin(), id.end());
  bytes.append(after.sort_value);
  AppendNumber(bytes, Hash(bytes));
  return Base64(bytes);
}

DecodedPageToken DecodePageToken(const ports::OrderQuery& query, std::string_view token) {
  DecodedPageToken malformed;
  std::string bytes;
  if (token.size() > kTokenBytesMax || !absl::WebSafeBase64Unescape(std::string(token), &bytes)) return malformed;
  // The same bytes have several base64 forms (padding, spare bits); only ours is a token.
  if (bytes.size() < kHeadBytes + kHashBytes || Base64(bytes) != token) return malformed;
  const std::string body = bytes.substr(0, bytes.size() - kHashBytes);
  std::string checksum;
  AppendNumber(checksum, Hash(body));
  if (bytes.compare(body.size(), kHashBytes, checksum) != 0 || body[0] != kVersion) return malformed;
  if (body.compare(1, kHashBytes, HashOfQuery(query)) != 0) return {std::nullopt, PageTokenError::kOtherQuery};
  domain::Uuid::Bytes id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(body[1 + kHashBytes + i]);
  return {ports::OrderQuery::After{body.substr(kHeadBytes), domain::OrderId(domain::Uuid(id))},
          PageTokenError::kMalformed};
}

}  // namespace logistics::service
