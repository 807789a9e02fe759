#include "logistics/domain/identifier.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "absl/strings/str_format.h"

namespace logistics::domain {
namespace {

enum class CharacterKind { kPlain, kControl, kInvisible, kOddBlank, kNoText };

// One character at the head of a text, or one byte that begins none.
struct Character {
  std::size_t bytes = 1;
  std::int32_t code = 0;
  CharacterKind kind = CharacterKind::kNoText;
};

// Have a picture that is empty, which no property says.
constexpr bool IsEmptyPicture(std::int32_t code) {
  return code == 0x2800 || code == 0x115F || code == 0x1160 || code == 0x3164 || code == 0xFFA0;
}

CharacterKind KindOf(std::int32_t code) {
  if (code >= ' ' && code <= '~') return CharacterKind::kPlain;
  const utf8proc_property_t& property = *utf8proc_get_property(code);
  switch (property.category) {
    case UTF8PROC_CATEGORY_CC:
      return CharacterKind::kControl;
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharacterKind::kInvisible;
    case UTF8PROC_CATEGORY_ZS:
      return CharacterKind::kOddBlank;
    default:
      return property.ignorable != 0 || IsEmptyPicture(code) ? CharacterKind::kInvisible : CharacterKind::kPlain;
  }
}

Character HeadOf(std::string_view text) {
  utf8proc_int32_t code = 0;
  const utf8proc_ssize_t bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                  static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (bytes <= 0) return {1, static_cast<unsigned char>(text.front()), CharacterKind::kNoText};
  return {static_cast<std::size_t>(bytes), code, KindOf(code)};
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool IsNormalized(std::string_view text) {
  if (IsAscii(text)) return true;
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t bytes =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  return bytes >= 0 && text == std::string_view(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(bytes));
}

std::string NameOf(std::int32_t code) { return absl::StrFormat("U+%04X", code); }

std::string Escape(const Character& character) {
  if (character.kind == CharacterKind::kNoText) return absl::StrFormat("\\x%02X", character.code);
  switch (character.code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  if (character.code > 0xFFFF) return absl::StrFormat("\\U%08X", character.code);
  return absl::StrFormat("\\u%04X", character.code);
}

// Whether a backslash of the text could be read as the first of an escape.
bool ReadsLikeAnEscape(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (at + 1 < text.size() && std::string_view("\\nrtuUx").find(text[at + 1]) != std::string_view::npos) return true;
  }
  return false;
}

std::string FaultOf(const Character& character) {
  const std::string name = NameOf(character.code);
  switch (character.kind) {
    case CharacterKind::kControl:
      return "contains the control character " + name;
    case CharacterKind::kInvisible:
      return "contains " + name + ", which cannot be seen";
    case CharacterKind::kOddBlank:
      return "contains the blank " + name + ", which looks like U+0020";
    default:
      return "is not valid UTF-8";
  }
}

}  // namespace

std::optional<std::string> IdentifierFault(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.front() == ' ') return "begins with a blank (U+0020)";
  if (text.back() == ' ') return "ends with a blank (U+0020)";
  for (std::string_view rest = text; !rest.empty();) {
    const Character character = HeadOf(rest);
    if (character.kind != CharacterKind::kPlain) return FaultOf(character);
    rest.remove_prefix(character.bytes);
  }
  if (!IsNormalized(text)) return "is not in Unicode normal form C (NFC)";
  return std::nullopt;
}

std::string ShownIdentifier(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t last = text.find_last_not_of(' ');
  const bool plain = IsNormalized(text);
  const bool twice = IdentifierFault(text) || ReadsLikeAnEscape(text);
  std::string shown;
  for (std::size_t i = 0; i < text.size();) {
    const Character character = HeadOf(text.substr(i));
    const bool at_an_end = i < first || i > last;
    if (character.kind != CharacterKind::kPlain || at_an_end || (!plain && character.code >= 0x80)) {
      shown += Escape(character);
    } else if (character.code == '\\' && twice) {
      shown += "\\\\";
    } else {
      shown += text.substr(i, character.bytes);
    }
    i += character.bytes;
  }
  return shown;
}

std::string ShownText(std::string_view text) {
  const auto written_with = [](std::int32_t code) {
    return code == 0x200C || code == 0x200D || (code >= 0xFE00 && code <= 0xFE0F);
  };
  std::string shown;
  while (!text.empty()) {
    const Character character = HeadOf(text);
    const bool stays = character.kind == CharacterKind::kPlain || character.kind == CharacterKind::kOddBlank ||
                       written_with(character.code);
    if (stays) {
      shown += text.substr(0, character.bytes);
    } else {
      shown += Escape(character);
    }
    text.remove_prefix(character.bytes);
  }
  return shown;
}

}  // namespace logistics::domain
