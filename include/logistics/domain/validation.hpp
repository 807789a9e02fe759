// Checking what clients send: every violation is collected, none hides another. Descriptions carry the rejected value
// and the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/ids.hpp"

namespace logistics::domain {

// Valid UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// Valid UTF-8 (RFC 3629: no overlong forms, no surrogates) without NUL characters, which Postgres cannot hold.
bool IsCleanText(std::string_view text);

// ASCII without control characters.
bool IsPrintableAscii(std::string_view text);

// Clean text without control characters (C0, DEL, C1). Its characters, or nullopt where it is not that.
std::optional<std::size_t> PrintableCharacters(std::string_view text);

// `value` in quotes, cut to a length that fits a message, with characters that cannot be seen as \u200B and bytes that
// are no text replaced: safe in a status.
std::string Quoted(std::string_view value);

// Within the years 1 to 9999, which a protobuf Timestamp and Postgres both hold.
bool IsStorableTime(absl::Time time);

// Microseconds, as Postgres holds them: what is answered now is what is read later. `time` is storable.
absl::Time StoredTime(absl::Time time);

// The path of a field as the client wrote it: {"city", "shipping_info"} is "shipping_info.city",
// {"sku", "items", 2} is "items[2].sku". Made a string only when something is wrong.
struct FieldPath {
  // Implicit, so that a plain name is a path.
  constexpr FieldPath(const char* field_name) : name(field_name) {}  // NOLINT(google-explicit-constructor)
  constexpr FieldPath(const char* field_name, const char* parent_name) : name(field_name), parent(parent_name) {}
  constexpr FieldPath(const char* field_name, const char* parent_name, std::size_t parent_index)
      : name(field_name), parent(parent_name), index(parent_index) {}

  std::string ToString() const;

  std::string_view name;    // may be empty when there is an index: "item_ids[3]"
  std::string_view parent;  // empty = none
  std::optional<std::size_t> index;
};

// Collects the violations of one request. Not thread-safe.
class FieldChecker {
 public:
  void Add(const FieldPath& field, std::string description);
  // Violations that were found while the request was read.
  void Add(const std::vector<FieldViolation>& violations);

  // At most `bytes_max` bytes of clean text.
  void Text(const FieldPath& field, std::string_view value, std::size_t bytes_max);
  // The same, and not empty.
  void RequiredText(const FieldPath& field, std::string_view value, std::size_t bytes_max);

  // The same, and fit to name something new (IdentifierFault). An empty text passes.
  void Identifier(const FieldPath& field, std::string_view value, std::size_t bytes_max);

  // 1 to `characters_max` printable characters.
  void PrintableText(const FieldPath& field, std::string_view value, std::size_t characters_max);

  // A storable time.
  void Time(const FieldPath& field, absl::Time time);
  // The id; nullopt after a violation was added.
  template <typename IdType>
  std::optional<IdType> ParseId(const FieldPath& field, std::string_view value) {
    std::optional<IdType> id = IdType::Parse(value);
    if (!id) AddNotUuid(field, value);
    return id;
  }

  bool ok() const { return violations_.empty(); }
  // INVALID_ARGUMENT with all violations; OK when there is none.
  absl::Status ToStatus() const;

 private:
  void AddNotUuid(const FieldPath& field, std::string_view value);
  std::vector<FieldViolation> violations_;
};

}  // namespace logistics::domain
