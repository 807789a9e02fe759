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

// Sends dead letters over one connection, one at a time: a nack or a return need not name its message, and so belongs
// to the one in flight. Belongs to one thread.
class DeadLetterSender {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // OK: the broker has the letter. Else it may or may not have it.
  using Outcome = std::function<void(const absl::Status& status)>;

  // `insist`: a letter that the broker refuses is sent again, until the broker takes it or Drop. Without that the
  // refusal is its outcome.
  void Add(DeadLetter letter, bool insist, Outcome outcome);

  // Whether a letter may be sent now.
  bool Ready(Time now) const { return !in_flight_ && !letters_.empty() && now >= not_before_; }
  // Sends the first letter. The only errors are those of the connection.
  absl::Status Send(Connection& connection, Time now);

  void Confirmed();
  void Returned(std::string_view reason) { returned_ = std::string(reason); }
  // The broker refused the letter in flight: a nack, a return, or a closed channel. The next try is not before
  // `again_at`.
  void Refused(const std::string& why, Time again_at);
  // Letters without `insist`, but the one in flight, end with this outcome.
  void GiveUpWaiting(const absl::Status& why);
  // The connection is gone: all letters end with this outcome.
  void Drop(const absl::Status& why);

  bool empty() const { return letters_.empty(); }
  bool in_flight() const { return in_flight_; }
  Time sent_at() const { return sent_at_; }
  // Why the broker refuses letters; empty = it does not.
  const std::string& refusal() const { return refusal_; }
  // Why no queue took the letter in flight; empty = none is known.
  const std::string& returned() const { return returned_; }
  // When the next letter may be sent; Time::max() = there is none.
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
