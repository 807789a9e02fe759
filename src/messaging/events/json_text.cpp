#include "messaging/events/json_text.hpp"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

bool NeedsNoEscape(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) {
    return absl::ascii_isprint(static_cast<unsigned char>(byte)) && byte != '"' && byte != '\\';
  });
}

}  // namespace

void JsonText::Name(std::string_view name) {
  Separate();
  text_.append(1, '"').append(name).append("\":");
}

void JsonText::Text(std::string_view name, std::string_view value) {
  Name(name);
  if (NeedsNoEscape(value)) {
    text_.append(1, '"').append(value).append(1, '"');
  } else {
    text_ += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

void JsonText::TextOrNull(std::string_view name, std::string_view value) {
  if (!value.empty()) return Text(name, value);
  Name(name);
  text_ += "null";
}

void JsonText::Number(std::string_view name, std::int64_t value) {
  Name(name);
  absl::StrAppend(&text_, value);
}

}  // namespace logistics::messaging
