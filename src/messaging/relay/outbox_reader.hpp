#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "logistics/ports/outbox.hpp"
#include "messaging/relay/leadership.hpp"
#include "messaging/relay/quarantined_keys.hpp"

namespace logistics::messaging {

// Reads the outbox in pages and answers whole commits: a commit that goes on behind a page waits here for its end, so
// that at most one commit and one page are in memory. Also reads the quarantine in passes, and figures for the metrics.
//
// Reads within the present term only. After a call that failed, the answer is empty and the term is over. Belongs to
// one thread.
class OutboxReader {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Options {
    int page_rows = 500;           // commits looked at in one read
    absl::Duration poll;           // between two reads when nothing wakes the reader
    absl::Duration pass_interval;  // between two passes over the quarantine
  };

  // The references outlive the reader.
  OutboxReader(Leadership& leadership, QuarantinedKeys& keys, const Options& options);

  // Begins a term at the start position, which it answers.
  std::optional<ports::OutboxPosition> Start(Time now);
  // Something may have been committed.
  void Wake() { woken_ = true; }
  // From now on the next page that is not full sets drained(), and there are no more passes over a known quarantine.
  void Drain() { draining_ = true; }
  bool drained() const { return drained_; }

  // Whether a page may have something new. Not before the first pass over the quarantine.
  bool CommitsDue(Time now) const;
  // Reads one page. Answers the commits that are complete with it, in order.
  std::vector<ports::OutboxMessage> ReadCommits(Time now);

  // Whether the pass goes on, or another is due. `resolved`: no message of the last pass is in memory any more; a new
  // pass would count it twice.
  bool QuarantineDue(Time now, bool resolved) const;
  // Reads the next page of a pass, in order. QuarantinedKeys::MayTry decides about each message.
  std::vector<ports::OutboxMessage> ReadQuarantined(Time now);

  // Everything up to here was answered, commits without events included.
  ports::OutboxPosition answered() const;

  // When one of these is due, within a term.
  Time NextDue(bool resolved) const;

 private:
  // When the next pass is due, unless one is wanted before.
  Time PassDue() const { return std::min(pass_at_, keys_.NextRetry()); }

  Leadership& leadership_;
  QuarantinedKeys& keys_;
  const Options options_;

  ports::OutboxPosition position_;                // the end of the last page
  std::vector<ports::OutboxMessage> unanswered_;  // the beginning of a commit that goes on behind it
  bool more_ = false;                             // the last page was full
  bool woken_ = false;
  bool draining_ = false;
  bool drained_ = false;
  Time poll_at_ = Time::min();
  Time read_again_at_ = Time::min();  // not before, unless a page was full
  ports::OutboxPosition pass_position_;
  Time pass_at_ = Time::min();
};

}  // namespace logistics::messaging
