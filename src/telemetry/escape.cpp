#include "telemetry/escape.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace logistics::telemetry {
namespace {

// Length of the well-formed UTF-8 sequence (RFC 3629) at the start of `text`; 0 when there is none.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i, std::uint8_t low, std::uint8_t high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
    const std::uint8_t high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
    return continues(1, low, high) && continues(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2, 0x80, 0xBF) && continues(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

void AppendControl(std::uint8_t byte, spdlog::memory_buf_t& out) {
  switch (byte) {
    case '\n':
      return Append("\\n", out);
    case '\r':
      return Append("\\r", out);
    case '\t':
      return Append("\\t", out);
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(byte));
  }
}

bool IsControl(std::uint8_t byte) { return byte < 0x20 || byte == 0x7F; }

void AppendEscaped(std::string_view text, bool quotes, spdlog::memory_buf_t& out) {
  while (!text.empty()) {
    // The long runs of plain ASCII in one piece.
    const auto* end = std::find_if(text.begin(), text.end(), [&](char c) {
      const auto byte = static_cast<std::uint8_t>(c);
      return IsControl(byte) || byte >= 0x80 || (quotes && (c == '"' || c == '\\'));
    });
    const auto plain = static_cast<std::size_t>(end - text.begin());
    Append(text.substr(0, plain), out);
    text.remove_prefix(plain);
    if (text.empty()) return;

    const auto byte = static_cast<std::uint8_t>(text.front());
    std::size_t used = 1;
    if (byte >= 0x80) {
      const std::size_t length = Utf8Length(text);
      Append(length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length), out);
      used = std::max<std::size_t>(length, 1);
    } else if (IsControl(byte)) {
      AppendControl(byte, out);
    } else {
      out.push_back('\\');
      out.push_back(text.front());
    }
    text.remove_prefix(used);
  }
}

}  // namespace

void Append(std::string_view text, spdlog::memory_buf_t& out) { out.append(text.data(), text.data() + text.size()); }

void AppendJsonEscaped(std::string_view text, spdlog::memory_buf_t& out) { AppendEscaped(text, true, out); }

void AppendOneLine(std::string_view text, spdlog::memory_buf_t& out) { AppendEscaped(text, false, out); }

void AppendHumanValue(std::string_view text, spdlog::memory_buf_t& out) {
  const bool plain = !text.empty() && text.find_first_of(" \"=\\") == std::string_view::npos;
  if (plain) {
    AppendEscaped(text, false, out);
    return;
  }
  out.push_back('"');
  AppendEscaped(text, true, out);
  out.push_back('"');
}

}  // namespace logistics::telemetry
