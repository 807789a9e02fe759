#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

namespace logistics::ports {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// One named value of a log line. Views: they live as long as the call of Log::Write.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, double, bool>;

  std::string_view key;  // lower_case, a constant
  Value value;

  template <typename T>
  static LogField Of(std::string_view key, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return {key, value};
    } else if constexpr (std::is_integral_v<T>) {
      return {key, static_cast<std::int64_t>(value)};
    } else if constexpr (std::is_floating_point_v<T>) {
      return {key, static_cast<double>(value)};
    } else {
      return {key, std::string_view(value)};
    }
  }
};

// Structured lines: a message and named values, written once and read by people ("message key=value") or by machines
// (one JSON object). Whatever bytes the values hold, a record stays one line. For what is counted and searched by its
// fields; free text may go to spdlog directly. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool Enabled(LogLevel level) const = 0;
  virtual void Write(LogLevel level, std::string_view message, std::span<const LogField> fields) = 0;
};

}  // namespace logistics::ports
