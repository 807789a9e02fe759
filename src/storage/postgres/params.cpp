#include "storage/postgres/params.hpp"

#include <charconv>

namespace logistics::storage {

void ArrayParam::Separate() {
  if (literal_.size() > 1) literal_ += ',';
}

void ArrayParam::Add(std::string_view text) {
  Separate();
  literal_ += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\\') continue;
    literal_.append(text, copied, i - copied);
    literal_ += '\\';
    copied = i;
  }
  literal_.append(text, copied);
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

}  // namespace logistics::storage
