#include "logistics/domain/validation.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/identifier.hpp"

namespace logistics::domain {
namespace {

// So many bytes of a rejected value are shown.
constexpr std::size_t kShownBytesMax = 64;

// 0001-01-01 up to 10000-01-01.
constexpr absl::Time kTimeMin = absl::FromUnixSeconds(-62'135'596'800);
constexpr absl::Time kTimeEnd = absl::FromUnixSeconds(253'402'300'800);

// Bytes of the well-formed character at the head of `text` (the table of RFC 3629 §4); 0 when there is none.
std::size_t CharacterLength(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return continues(1) ? 2 : 0;
  if (lead < 0xF0) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead > 0xF4) return 0;
  const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
  return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
}

// True when the eight bytes at `data` are ASCII without NUL: no high bit is set, and taking one from each borrows none.
bool AreEightPlainBytes(const char* data) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::memcpy(&word, data, sizeof(word));
  return ((word | (word - kOnes)) & kHighBits) == 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsCleanText(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= 8 && AreEightPlainBytes(text.data())) {
      text.remove_prefix(8);
      continue;
    }
    const std::size_t length = text.front() == '\0' ? 0 : CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::size_t> PrintableCharacters(std::string_view text) {
  std::size_t characters = 0;
  for (; !text.empty(); ++characters) {
    const std::size_t length = CharacterLength(text);
    const auto lead = static_cast<unsigned char>(text.front());
    if (length == 0 || lead < ' ' || lead == 0x7F) return std::nullopt;
    if (lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) return std::nullopt;
    text.remove_prefix(length);
  }
  return characters;
}

std::string Quoted(std::string_view value) {
  std::string quoted = "\"";
  while (!value.empty() && quoted.size() <= kShownBytesMax) {
    const std::size_t length = CharacterLength(value);
    quoted.append(length == 0 ? "?" : ShownText(value.substr(0, length)));
    value.remove_prefix(length == 0 ? 1 : length);
  }
  quoted.append(value.empty() ? "\"" : "...\"");
  return quoted;
}

bool IsStorableTime(absl::Time time) { return time >= kTimeMin && time < kTimeEnd; }

absl::Time StoredTime(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

std::string FieldPath::ToString() const {
  std::string path(parent);
  if (index) path.append("[").append(std::to_string(*index)).append("]");
  if (!path.empty() && !name.empty()) path.append(".");
  return path.append(name);
}

void FieldChecker::Add(const FieldPath& field, std::string description) {
  violations_.push_back({field.ToString(), std::move(description)});
}

void FieldChecker::Add(const std::vector<FieldViolation>& violations) {
  violations_.insert(violations_.end(), violations.begin(), violations.end());
}

void FieldChecker::Text(const FieldPath& field, std::string_view value, std::size_t bytes_max) {
  if (value.size() > bytes_max) {
    Add(field, absl::StrCat(value.size(), " bytes are too long, at most ", bytes_max, " are allowed: ", Quoted(value)));
  } else if (!IsCleanText(value)) {
    Add(field, absl::StrCat(Quoted(value), " is not valid UTF-8 without NUL characters"));
  }
}

void FieldChecker::RequiredText(const FieldPath& field, std::string_view value, std::size_t bytes_max) {
  if (value.empty()) {
    Add(field, absl::StrCat("is required, 1 to ", bytes_max, " bytes"));
  } else {
    Text(field, value, bytes_max);
  }
}

void FieldChecker::Identifier(const FieldPath& field, std::string_view value, std::size_t bytes_max) {
  const std::size_t before = violations_.size();
  Text(field, value, bytes_max);
  if (violations_.size() != before) return;
  if (const std::optional<std::string> fault = IdentifierFault(value)) {
    Add(field, absl::StrCat(Quoted(value), " ", *fault));
  }
}

void FieldChecker::PrintableText(const FieldPath& field, std::string_view value, std::size_t characters_max) {
  const std::optional<std::size_t> characters = PrintableCharacters(value);
  if (characters && *characters >= 1 && *characters <= characters_max) return;
  Add(field, absl::StrCat(Quoted(value), " is not 1 to ", characters_max, " printable characters"));
}

void FieldChecker::Time(const FieldPath& field, absl::Time time) {
  if (IsStorableTime(time)) return;
  Add(field, absl::StrCat(absl::FormatTime(time, absl::UTCTimeZone()), " is out of range, years 1 to 9999"));
}

absl::Status FieldChecker::ToStatus() const { return ok() ? absl::OkStatus() : InvalidFieldsError(violations_); }

void FieldChecker::AddNotUuid(const FieldPath& field, std::string_view value) {
  if (value.empty()) {
    Add(field, "is required, a UUID of 36 characters with hyphens");
  } else {
    Add(field, absl::StrCat(Quoted(value), " is not a UUID of 36 characters with hyphens"));
  }
}

}  // namespace logistics::domain
