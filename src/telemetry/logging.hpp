// The process's log: one line a record, to stdout, for people or as JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "logistics/ports/log.hpp"
#include "spdlog/formatter.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/sink.h"
#include "telemetry/options.hpp"

namespace logistics::telemetry {

// Replaces spdlog's default logger: stdout, the format and level of the options. Times are UTC. INVALID_ARGUMENT naming
// log_level and what is allowed. To be called before other threads log. Who logs never waits for the reader of stdout
// (LineSink).
absl::Status SetUpLogging(const TelemetryOptions& options);

// Lines that were dropped since SetUpLogging.
std::uint64_t DroppedLogLines();

// ports::Log over the sinks of spdlog's default logger, with its level; to be made after SetUpLogging.
class StructuredLog final : public ports::Log {
 public:
  explicit StructuredLog(LogFormat format);
  // Over a sink of the caller's, which gets the formatter it needs.
  StructuredLog(LogFormat format, std::shared_ptr<spdlog::sinks::sink> sink);

  bool Enabled(ports::LogLevel level) const override;
  void Write(ports::LogLevel level, std::string_view message, std::span<const ports::LogField> fields) override;

 private:
  const LogFormat format_;
  std::unique_ptr<spdlog::logger> logger_;
};

// Formats one record as one line, whatever its text contains.
std::unique_ptr<spdlog::formatter> MakeLineFormatter(LogFormat format);

}  // namespace logistics::telemetry
