#include "storage/postgres/params.hpp"

#include <charconv>

namespace logistics::storage {

void ArrayParam::Separate() {
  if (literal_.size() > 1) literal_ += ',';
}

void ArrayParam::Add(std::string_view text) {
  Separate();
  literal_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') literal_ += '\\';
    literal_ += c;
  }
  literal_ += '"';
}

void ArrayParam::Add(const domain::Uuid& id) {
  Separate();
  literal_ += id.ToString();
}

void ArrayParam::Add(std::int64_t number) {
  Separate();
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  literal_.append(buffer, end);
}

void ArrayParam::Add(bool value) {
  Separate();
  literal_ += value ? 't' : 'f';
}

void ArrayParam::Add(absl::Time time) {
  Separate();
  literal_ += '"';
  literal_ += TimeText(time);
  literal_ += '"';
}

void ArrayParam::AddNull() {
  Separate();
  literal_ += "NULL";
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S+00", ToMicroseconds(time), absl::UTCTimeZone());
}

absl::Time ToMicroseconds(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0x0F];
  }
  return hex;
}

}  // namespace logistics::storage
