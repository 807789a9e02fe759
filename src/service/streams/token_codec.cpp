#include "service/streams/token_codec.hpp"

#include "absl/strings/escaping.h"

namespace logistics::service {
namespace {

constexpr std::size_t kTokenBytesMax = 512;

std::string Base64(const std::string& bytes) {
  std::string text;
  absl::WebSafeBase64Escape(bytes, &text);
  return text;
}

}  // namespace

// FNV-1a, 64 bits. Each step is a bijection of its state, so two texts that differ in one byte only never
// have the same hash: any flipped bit of a token is found.
std::uint64_t StableHash(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x00000100000001B3U;
  }
  return hash;
}

void AppendNumber(std::string& bytes, std::uint64_t number) {
  for (std::size_t i = 0; i < kTokenNumberBytes; ++i, number >>= 8) bytes.push_back(static_cast<char>(number & 0xFF));
}

void AppendUuid(std::string& bytes, const domain::Uuid& id) { bytes.append(id.bytes().begin(), id.bytes().end()); }

std::uint64_t NumberAt(std::string_view bytes, std::size_t offset) {
  std::uint64_t number = 0;
  for (std::size_t i = kTokenNumberBytes; i > 0; --i) {
    number = number << 8 | static_cast<unsigned char>(bytes[offset + i - 1]);
  }
  return number;
}

domain::Uuid UuidAt(std::string_view bytes, std::size_t offset) {
  domain::Uuid::Bytes id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(bytes[offset + i]);
  return domain::Uuid(id);
}

std::string SealToken(std::string bytes) {
  AppendNumber(bytes, StableHash(bytes));
  return Base64(bytes);
}

std::optional<std::string> OpenToken(std::string_view token) {
  std::string bytes;
  if (token.size() > kTokenBytesMax || !absl::WebSafeBase64Unescape(std::string(token), &bytes)) return std::nullopt;
  // The same bytes have several base64 forms (padding, spare bits); only ours is a token.
  if (bytes.size() < kTokenNumberBytes || Base64(bytes) != token) return std::nullopt;
  const std::size_t body_bytes = bytes.size() - kTokenNumberBytes;
  if (NumberAt(bytes, body_bytes) != StableHash(std::string_view(bytes).substr(0, body_bytes))) return std::nullopt;
  bytes.resize(body_bytes);
  return bytes;
}

}  // namespace logistics::service
