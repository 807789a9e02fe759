#include "storage/params/params.hpp"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace logistics::storage {

Params& Params::Add(ArrayParam array) { return array.has_binary() ? Push(std::move(array)) : Add(array.Literal()); }

std::vector<std::string> Params::Texts() const {
  std::vector<std::string> texts;
  texts.reserve(values_.size());
  for (const Value& value : values_) {
    if (const auto* const array = std::get_if<ArrayParam>(&value)) {
      texts.push_back(array->Literal());
    } else if (const auto* const bytes = std::get_if<ByteString>(&value)) {
      texts.push_back(absl::StrCat("\\x", absl::BytesToHexString(bytes->bytes)));
    } else {
      texts.push_back(std::get<std::string>(value));
    }
  }
  return texts;
}

Params::Wire Params::WireOf(std::size_t index) const {
  const Value& value = values_.at(index);
  if (const auto* const array = std::get_if<ArrayParam>(&value)) return {kBinary, array->Binary()};
  if (const auto* const bytes = std::get_if<ByteString>(&value)) return {kBinary, bytes->bytes};
  return {kText, std::get<std::string>(value)};
}

}  // namespace logistics::storage
