#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/dead_letters/dead_letter.hpp"

namespace logistics::messaging {

// Dead letters on their way over one connection. One at a time, so that a nack or a return, which need not name its
// message, is known to be of this one. Belongs to one thread.
class DeadLetterLane {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // OK: the broker has the letter. Else it may or may not have it.
  using Outcome = std::function<void(const absl::Status& status)>;

  // `insist`: a letter that the broker refuses is sent again, until it takes it or Drop; else the refusal is its
  // outcome.
  void Add(DeadLetter letter, bool insist, Outcome outcome);

  // Whether one is to be sent now.
  bool Ready(Time now) const { return !in_flight_ && !letters_.empty() && now >= not_before_; }
  // Sends the first one. An error that is the connection's.
  absl::Status Send(Connection& connection, Time now);

  void Confirmed();
  void Returned(std::string_view reason) { returned_ = std::string(reason); }
  // A nack, a return, a channel that was closed over it. The next try is not before `again_at`.
  void Refused(const std::string& why, Time again_at);
  // Letters that nobody insists upon, but for one that is on its way, have this outcome.
  void GiveUpWaiting(const absl::Status& why);
  // The connection is gone, with all that was on its way.
  void Drop(const absl::Status& why);

  bool empty() const { return letters_.empty(); }
  bool in_flight() const { return in_flight_; }
  Time sent_at() const { return sent_at_; }
  // Set while the broker refuses what is sent: why.
  const std::string& refusal() const { return refusal_; }
  // Of the letter on its way: set when no queue took it.
  const std::string& returned() const { return returned_; }
  // When there is something to do: Ready, or nothing is (Time::max()).
  Time NextDue() const { return in_flight_ || letters_.empty() ? Time::max() : not_before_; }

 private:
  struct Entry {
    DeadLetter letter;
    bool insist = false;
    Outcome outcome;
  };
  void FinishFirst(const absl::Status& status);

  std::deque<Entry> letters_;
  bool in_flight_ = false;  // the first one
  Time sent_at_ = Time::min();
  Time not_before_ = Time::min();
  std::string returned_;
  std::string refusal_;
};

}  // namespace logistics::messaging
