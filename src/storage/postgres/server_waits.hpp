#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "logistics/base/socket_watchdog.hpp"

namespace logistics::storage {

// How long a session waits for its server: past it the socket is shut down, since a server that hangs answers neither a
// statement nor its timeout. For one thread.
class ServerWaits {
 public:
  // The time that a server may need to answer that a statement has timed out.
  static constexpr absl::Duration kAnswerMargin = absl::Seconds(2);

  // `socket` is the connection's own.
  ServerWaits(int socket, absl::Duration limit) : socket_(::dup(socket)), limit_(limit) {}
  ~ServerWaits() { ::close(socket_); }
  ServerWaits(const ServerWaits&) = delete;
  ServerWaits& operator=(const ServerWaits&) = delete;

  // Of each wait from now on; beside it, no wait lasts beyond `until`.
  void Limit(absl::Duration limit, absl::Time until) {
    limit_ = limit;
    until_ = until;
    cancelled_ = nullptr;
  }
  // A wait also ends when `cancelled` has become true, which lives until the next call of Limit.
  void StopWhen(const std::function<bool()>* cancelled) { cancelled_ = cancelled; }

  // A wait, while it exists.
  class Watched {
   public:
    explicit Watched(const ServerWaits& waits, absl::Duration longer = absl::ZeroDuration()) : socket_(waits.socket_) {
      const absl::Duration limit = std::min(waits.limit_ + longer, waits.until_ - absl::Now());
      // A day stands for no limit: a clock's time has an end.
      base::SocketWatchdog::OfProcess().Arm(
          socket_, std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::min(limit, absl::Hours(24))),
          waits.cancelled_);
    }
    ~Watched() { base::SocketWatchdog::OfProcess().Disarm(socket_); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

   private:
    const int socket_;
  };

 private:
  const int socket_;  // a duplicate: its number names this socket as long as the session lives
  absl::Duration limit_;
  absl::Time until_ = absl::InfiniteFuture();
  const std::function<bool()>* cancelled_ = nullptr;
};

}  // namespace logistics::storage
