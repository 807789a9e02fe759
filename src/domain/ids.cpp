#include "logistics/domain/ids.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

namespace logistics::domain {
namespace {

constexpr std::uint8_t kNotHex = 0xFF;

constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotHex);
  for (std::uint8_t digit = 0; digit < 10; ++digit) values[std::size_t{'0'} + digit] = digit;
  for (std::uint8_t digit = 0; digit < 6; ++digit) {
    values[std::size_t{'a'} + digit] = static_cast<std::uint8_t>(10 + digit);
    values[std::size_t{'A'} + digit] = static_cast<std::uint8_t>(10 + digit);
  }
  return values;
}();

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::size_t kTextLength = 36;

// Where the text of each byte begins: the groups are 8-4-4-4-12 digits long.
constexpr std::array<std::uint8_t, Uuid::kBytes> kTextOffsets = {0,  2,  4,  6,  9,  11, 14, 16,
                                                                 19, 21, 24, 26, 28, 30, 32, 34};

}  // namespace

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  Bytes bytes;
  std::uint8_t seen = 0;  // kNotHex has high bits that no digit has: one test at the end is enough
  for (std::size_t i = 0; i < kBytes; ++i) {
    const std::uint8_t high = kHexValues[static_cast<unsigned char>(text[kTextOffsets[i]])];
    const std::uint8_t low = kHexValues[static_cast<unsigned char>(text[kTextOffsets[i] + std::size_t{1}])];
    seen = static_cast<std::uint8_t>(seen | high | low);
    bytes[i] = static_cast<std::uint8_t>((high << 4) | (low & 0x0F));
  }
  if ((seen & 0xF0) != 0) return std::nullopt;
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  std::string text(kTextLength, '-');
  for (std::size_t i = 0; i < kBytes; ++i) {
    text[kTextOffsets[i]] = kHexDigits[bytes_[i] >> 4];
    text[kTextOffsets[i] + std::size_t{1}] = kHexDigits[bytes_[i] & 0x0F];
  }
  return text;
}

Uuid NameUuid(const Uuid& name_space, std::string_view name) {
  std::string bytes(name_space.bytes().begin(), name_space.bytes().end());
  bytes.append(name);
  std::array<unsigned char, 20> digest{};
  const int digested = EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  if (digested != 1) std::abort();  // without SHA-1 all names would have one UUID
  Uuid::Bytes id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  id[6] = static_cast<std::uint8_t>(0x50 | (id[6] & 0x0F));
  id[8] = static_cast<std::uint8_t>(0x80 | (id[8] & 0x3F));
  return Uuid(id);
}

}  // namespace logistics::domain
