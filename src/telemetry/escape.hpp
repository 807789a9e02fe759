#pragma once

#include <string_view>

#include "spdlog/common.h"

namespace logistics::telemetry {

void Append(std::string_view text, spdlog::memory_buf_t& out);

// Appends `text` so that it can stand between the quotes of a JSON string (RFC 8259 §7). Bytes that are not UTF-8
// become U+FFFD: no bytes of a client may break a log reader.
void AppendJsonEscaped(std::string_view text, spdlog::memory_buf_t& out);

// Appends `text` for people, on one line: control characters as in JSON, everything else as it is.
void AppendOneLine(std::string_view text, spdlog::memory_buf_t& out);

// Appends a key=value value for people: quoted when it is empty or holds spaces, quotes or "=".
void AppendHumanValue(std::string_view text, spdlog::memory_buf_t& out);

}  // namespace logistics::telemetry
