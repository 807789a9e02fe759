#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "spdlog/formatter.h"
#include "spdlog/sinks/sink.h"

namespace logistics::telemetry {

// Lines of the log to a file descriptor, without ever waiting for its reader. A line is written at once where that does
// not block: it is out when `log` returns, whatever becomes of the process. Else it waits for a thread of the sink.
// Lines that find no room are dropped and counted, and a line says how many. Thread-safe.
class LineSink final : public spdlog::sinks::sink {
 public:
  static constexpr std::size_t kWaitingBytesMax = std::size_t{4} * 1024 * 1024;

  // `descriptor` stays open as long as this. SIGPIPE is ignored.
  LineSink(int descriptor, std::unique_ptr<spdlog::formatter> formatter,
           std::size_t waiting_bytes_max = kWaitingBytesMax);
  // Flushes.
  ~LineSink() override;

  void log(const spdlog::details::log_msg& message) override;
  // Returns when all lines are out, or after a moment in which the reader did not take them.
  void flush() override;
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;
  // Has no effect: lines have formatters of ours.
  void set_pattern(const std::string& /*pattern*/) override {}

  // Lines that were not written.
  std::uint64_t dropped() const { return dropped_.load(); }

 private:
  // Requires mutex_. Writes the line as far as that does not block; gives how many bytes.
  std::size_t WriteNow(const spdlog::memory_buf_t& line);
  void WriteWaiting();
  void DropLocked(std::uint64_t lines);

  const int descriptor_;
  const bool blocks_;  // the descriptor is no regular file
  const std::size_t waiting_bytes_max_;
  std::mutex mutex_;
  std::unique_ptr<spdlog::formatter> formatter_;  // guarded by mutex_
  spdlog::memory_buf_t line_;                     // guarded by mutex_; its memory is kept
  std::string waiting_;                           // guarded by mutex_
  std::string writing_;                           // guarded by mutex_ but for the thread, which writes it; empty: none
  std::uint64_t dropped_unsaid_ = 0;              // guarded by mutex_
  bool ending_ = false;                           // guarded by mutex_
  std::condition_variable changed_;               // waiting_ has lines; all are out; ending_
  std::atomic<std::uint64_t> dropped_ = 0;
  std::atomic<bool> gives_up_ = false;
  std::thread thread_;  // guarded by mutex_; made when a line waits for the first time
};

}  // namespace logistics::telemetry
