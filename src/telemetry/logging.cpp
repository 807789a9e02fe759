#include "telemetry/logging.hpp"

#include <unistd.h>

#include <chrono>
#include <ctime>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "spdlog/details/fmt_helper.h"
#include "spdlog/details/log_msg.h"
#include "spdlog/details/os.h"
#include "spdlog/spdlog.h"
#include "telemetry/escape.hpp"
#include "telemetry/line_sink.hpp"

namespace logistics::telemetry {
namespace {

// Records of the logger with this name are escaped already; the formatter adds them as they are. Text of all other
// loggers gets escaped.
constexpr std::string_view kStructuredLogger = "structured";

std::string_view View(spdlog::string_view_t text) { return {text.data(), text.size()}; }

std::string_view LevelWord(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return "trace";
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    case spdlog::level::err:
    case spdlog::level::critical:
      return "error";
    default:
      return "off";
  }
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const bool structured = View(message.logger_name) == kStructuredLogger;
    if (format_ == LogFormat::kJson) {
      Append(R"({"time":")", out);
      AppendTime(message.time, out);
      Append(R"(","level":")", out);
      Append(LevelWord(message.level), out);
      Append("\",", out);
      if (structured) {
        Append(View(message.payload), out);
      } else {
        Append(R"("message":")", out);
        AppendJsonEscaped(View(message.payload), out);
        out.push_back('"');
      }
      out.push_back('}');
    } else {
      AppendTime(message.time, out);
      fmt::format_to(std::back_inserter(out), " {:<5} ", LevelWord(message.level));
      if (structured) {
        Append(View(message.payload), out);
      } else {
        AppendOneLine(View(message.payload), out);
      }
    }
    out.push_back('\n');
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(format_); }

 private:
  // RFC 3339, UTC, milliseconds. The calendar part is kept for the second it is of. Sinks call under their lock.
  void AppendTime(spdlog::log_clock::time_point time, spdlog::memory_buf_t& out) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
    if (second != second_ || calendar_.empty()) {
      const std::tm utc = spdlog::details::os::gmtime(spdlog::log_clock::to_time_t(time));
      calendar_ = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                              utc.tm_hour, utc.tm_min, utc.tm_sec);
      second_ = second;
    }
    Append(calendar_, out);
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch() - second);
    spdlog::details::fmt_helper::pad3(static_cast<std::uint32_t>(millis.count()), out);
    out.push_back('Z');
  }

  const LogFormat format_;
  std::chrono::seconds second_{0};
  std::string calendar_;
};

spdlog::level::level_enum SpdlogLevel(ports::LogLevel level) {
  switch (level) {
    case ports::LogLevel::kDebug:
      return spdlog::level::debug;
    case ports::LogLevel::kInfo:
      return spdlog::level::info;
    case ports::LogLevel::kWarning:
      return spdlog::level::warn;
    case ports::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// JSON has no infinities: they go as text.
void AppendNumber(double value, bool json, spdlog::memory_buf_t& out) {
  const std::string text = fmt::format("{:.6g}", value);
  const bool finite = text.find_first_of("in") == std::string::npos;
  Append(json && !finite ? absl::StrCat("\"", text, "\"") : text, out);
}

void AppendValue(const ports::LogField::Value& value, bool json, spdlog::memory_buf_t& out) {
  std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          if (json) {
            out.push_back('"');
            AppendJsonEscaped(v, out);
            out.push_back('"');
          } else {
            AppendHumanValue(v, out);
          }
        } else if constexpr (std::is_same_v<T, bool>) {
          Append(v ? "true" : "false", out);
        } else if constexpr (std::is_same_v<T, double>) {
          AppendNumber(v, json, out);
        } else {
          fmt::format_to(std::back_inserter(out), "{}", v);
        }
      },
      value);
}

}  // namespace

std::unique_ptr<spdlog::formatter> MakeLineFormatter(LogFormat format) {
  return std::make_unique<LineFormatter>(format);
}

absl::Status SetUpLogging(const TelemetryOptions& options) {
  static constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error", "off"};
  spdlog::level::level_enum level = spdlog::level::n_levels;
  for (const std::string_view word : kLevels) {
    if (options.log_level == word) {
      level = word == "error" ? spdlog::level::err : spdlog::level::from_str(std::string(word));
    }
  }
  if (level == spdlog::level::n_levels) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_level is \"", options.log_level, "\"; allowed are trace, debug, info, warn, error, off"));
  }
  auto sink = std::make_shared<LineSink>(STDOUT_FILENO, MakeLineFormatter(options.log_format));
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  logger->set_level(level);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

std::uint64_t DroppedLogLines() {
  std::uint64_t lines = 0;
  for (const auto& sink : spdlog::default_logger()->sinks()) {
    if (const auto* const line_sink = dynamic_cast<const LineSink*>(sink.get())) lines += line_sink->dropped();
  }
  return lines;
}

StructuredLog::StructuredLog(LogFormat format)
    : format_(format),
      logger_(std::make_unique<spdlog::logger>(std::string(kStructuredLogger),
                                               spdlog::default_logger()->sinks().begin(),
                                               spdlog::default_logger()->sinks().end())) {
  logger_->set_level(spdlog::default_logger()->level());
}

StructuredLog::StructuredLog(LogFormat format, std::shared_ptr<spdlog::sinks::sink> sink) : format_(format) {
  sink->set_formatter(MakeLineFormatter(format));
  logger_ = std::make_unique<spdlog::logger>(std::string(kStructuredLogger), std::move(sink));
}

bool StructuredLog::Enabled(ports::LogLevel level) const { return logger_->should_log(SpdlogLevel(level)); }

void StructuredLog::Write(ports::LogLevel level, std::string_view message, std::span<const ports::LogField> fields) {
  if (!Enabled(level)) return;
  const bool json = format_ == LogFormat::kJson;
  spdlog::memory_buf_t line;
  if (json) {
    Append(R"("message":")", line);
    AppendJsonEscaped(message, line);
    line.push_back('"');
  } else {
    AppendOneLine(message, line);
  }
  for (const ports::LogField& field : fields) {
    Append(json ? ",\"" : " ", line);
    Append(field.key, line);
    Append(json ? "\":" : "=", line);
    AppendValue(field.value, json, line);
  }
  logger_->log(SpdlogLevel(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace logistics::telemetry
