#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace logistics::messaging {

// The text of one compact JSON object, written field by field in the order of the calls. Values are escaped, and bytes
// that are no UTF-8 become U+FFFD; names are written as they are. It costs a sixth of a tree of values: an order's
// events are encoded while its stock is locked.
class JsonText {
 public:
  JsonText() { text_.reserve(kTypicalBytes); }

  void Text(std::string_view name, std::string_view value);
  void TextOrNull(std::string_view name, std::string_view value);  // null when it is empty
  void Number(std::string_view name, std::int64_t value);

  // `add_fields()` adds the fields of the inner object.
  template <typename AddFields>
  void Object(std::string_view name, AddFields add_fields) {
    Name(name);
    Nested(add_fields);
  }
  // An array of objects; `add_fields(item)` adds the fields of one.
  template <typename Items, typename AddFields>
  void Objects(std::string_view name, const Items& items, AddFields add_fields) {
    Name(name);
    text_ += '[';
    first_ = true;
    for (const auto& item : items) {
      Separate();
      Nested([&] { add_fields(item); });
    }
    text_ += ']';
    first_ = false;
  }

  // The object is whole; this one is used up.
  std::string Take() && { return std::move(text_ += '}'); }

 private:
  static constexpr std::size_t kTypicalBytes = 512;

  void Separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  void Name(std::string_view name);
  template <typename AddFields>
  void Nested(AddFields add_fields) {
    text_ += '{';
    first_ = true;
    add_fields();
    text_ += '}';
    first_ = false;
  }

  std::string text_ = "{";
  bool first_ = true;  // nothing stands before the next field or item
};

}  // namespace logistics::messaging
