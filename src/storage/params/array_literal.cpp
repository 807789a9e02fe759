#include "storage/params/array_literal.hpp"

#include <charconv>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/params/timestamps.hpp"

namespace logistics::storage {

void ArrayLiteral::Separate() {
  if (literal_.size() > 1) literal_ += ',';
}

void ArrayLiteral::Add(std::string_view text) {
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

void ArrayLiteral::Add(const domain::Uuid& id) {
  Separate();
  literal_ += id.ToString();
}

void ArrayLiteral::Add(std::int64_t number) {
  Separate();
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  literal_.append(buffer, end);
}

void ArrayLiteral::Add(bool value) {
  Separate();
  literal_ += value ? 't' : 'f';
}

void ArrayLiteral::Add(absl::Time time) {
  Separate();
  literal_ += '"';
  literal_ += TimeText(time);
  literal_ += '"';
}

void ArrayLiteral::Add(Bytes bytes) {
  Add(absl::StrCat("\\x", absl::BytesToHexString(absl::string_view(bytes.bytes.data(), bytes.bytes.size()))));
}

void ArrayLiteral::AddNull() {
  Separate();
  literal_ += "NULL";
}

}  // namespace logistics::storage
