#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "storage/params/bytes.hpp"

namespace logistics::storage {

// Builds an array of one dimension for one parameter that the statement casts, and mostly unnests. A Session sends its
// literal, a PipelineSession its binary form, which a server refuses (42804) unless the cast says just its type:
// text[], uuid[], smallint[], integer[] and bigint[] by the width of the numbers, boolean[], timestamptz[], bytea[].
class ArrayParam {
 public:
  ArrayParam();

  // All elements are of one type.
  void Add(std::string_view text);
  void Add(const char* text) { Add(std::string_view(text)); }
  void Add(const domain::Uuid& id);
  template <typename Tag>
  void Add(const domain::Id<Tag>& id) {
    Add(id.uuid());
  }
  void Add(std::int16_t number);
  void Add(std::int32_t number);
  void Add(std::int64_t number);
  void Add(bool value);
  void Add(absl::Time time);  // years from 0001 to 9999
  void Add(Bytes bytes);
  void AddNull();

  // False where there is no element but NULL: then there is a literal only.
  bool has_binary() const;
  const std::string& Binary() const { return binary_; }
  std::string Literal() const;

 private:
  enum class Type : std::uint32_t;
  Type type() const;
  void Append(Type type, std::string_view element);
  void AppendNumber(Type type, std::int64_t number, std::size_t width);
  void Count();

  std::string binary_;
};

}  // namespace logistics::storage
