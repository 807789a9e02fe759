#pragma once

#include <cstddef>
#include <string_view>

namespace logistics::base {

// The beginning of `text`, of at most `bytes_max` bytes, that does not end within a UTF-8 character.
inline std::string_view CutText(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace logistics::base
