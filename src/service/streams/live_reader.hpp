#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>

#include "logistics/ports/order_log.hpp"
#include "service/streams/stream_registry.hpp"

namespace logistics::service {

// Reads the one order of changes for all streams, on one thread, and only while there are streams.
class LiveReader {
 public:
  // Both references outlive this. `page`: commits in one read.
  LiveReader(ports::OrderLog& log, StreamRegistry& streams, int page) : log_(log), streams_(streams), page_(page) {}

  void Start();
  // The thread ends when its read has ended; the destructor waits for that.
  void RequestStop() { thread_.request_stop(); }

 private:
  using Clock = std::chrono::steady_clock;

  void Loop(const std::stop_token& stop);
  // False, as of the next two: the log cannot be read now, or is another one.
  bool Begin();
  bool ReadOn(const std::stop_token& stop);
  bool IsSameDatabase();
  void Know(const ports::LogHead& head);

  ports::OrderLog& log_;
  StreamRegistry& streams_;
  const int page_;

  // The thread's own.
  std::int64_t term_ = 0;
  std::optional<ports::LogHead> head_;  // of this term; none before it has begun
  Clock::time_point checked_at_;        // when the head was read
  bool check_ = false;                  // a read failed since
  ports::LogPlace place_;               // everything up to here was fanned out
  std::optional<absl::Time> stamp_;     // when its commit was made; none before the first page

  std::jthread thread_;  // last: joined first
};

}  // namespace logistics::service
