#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "messaging/relay/limits.hpp"
#include "messaging/relay/ordering.hpp"

namespace logistics::messaging {

enum class Retry {
  kTry,
  kWait,  // until the present tries are resolved
  kSkip,  // in this pass
};

// Decides when quarantined messages may be published again, for each route apart. A queue that refuses a message nacks
// it, and the other queues of the route get a copy with each try. So the pauses of a refused route grow, and the copies
// of a minute are bounded. Tries go out in waves: one at first, twice as many after a wave that was confirmed. Pure.
// Belongs to one thread.
class RouteRetries {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RouteRetries(std::uint64_t seed) : random_(seed) {}

  // A pass over the quarantine begins. Forgets routes that the last one did not need.
  void BeginPass(Time now);
  // Every try so far is resolved.
  void BeginWave();
  // Whether a message of this route may be tried now. kTry: it goes out with the present wave.
  Retry MayTry(const Route& route, Time now);

  // The outcomes. `tried`: of a quarantined message.
  void Confirmed(const Route& route);
  void Nacked(const Route& route, bool tried, Time now);
  // After Nacked: the broker did not answer at all. New messages of the route would fill the window.
  void Stuck(const Route& route) { routes_[route].stuck = true; }
  bool IsStuck(const Route& route) const;

  // When a pause ends that stopped a message of the present pass, or of the time after it; Time::max() = none.
  Time NextDue() const;
  // The routes whose messages are nacked, in order.
  std::vector<Route> Refused() const;

 private:
  struct State {
    int nacks = 0;  // in a row, of the message that began it and of tries; 0 = not refused
    Time paused_until = Time::min();
    int wave_max = 1;
    int tried = 0;  // in this wave
    double copies_left = kCopiesPerMinuteMax;
    Time refilled_at = Time::min();
    bool asked = false;  // in this pass
    bool stuck = false;
  };
  static void Refill(State& state, Time now);
  void Pause(State& state, Time now);

  std::mt19937_64 random_;
  std::map<Route, State> routes_;
  Time pass_began_ = Time::min();
};

}  // namespace logistics::messaging
