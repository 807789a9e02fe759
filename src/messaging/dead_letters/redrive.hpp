#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "messaging/dead_letters/dead_letter_queue.hpp"
#include "messaging/dead_letters/letter.hpp"
#include "messaging/dead_letters/redrive_plan.hpp"

namespace logistics::messaging {

struct RedriveOptions {
  LetterFilter filter;
  double rate_per_second = 0;  // 0: as fast as the broker confirms
  bool dry_run = false;        // nothing is published, nothing recorded
  // After this time, and one letter at least, the letters in hand are put back and taken again.
  absl::Duration in_hand_max = kLettersInHandTimeMax;
};

// All but `record` may be empty.
struct RedriveCallbacks {
  // A letter is about to be published. An error ends the redrive, and the letter stays untouched.
  std::function<absl::Status(const Letter& letter)> record;
  // A recorded letter stayed in the dead letter queue, or may have.
  std::function<void(const Letter& letter, const absl::Status& why)> stayed;
  // A letter was redriven; in a dry run: would be.
  std::function<void(const Letter& letter)> redriven;
  // An earlier letter of its order does not match (RedrivePlan::left).
  std::function<void(const Letter& letter)> left;
  // Called between letters and while waiting; true ends the redrive.
  std::function<bool()> stopped;
};

struct RedriveResult {
  std::size_t there = 0;          // letters at the beginning; later ones stay untouched
  std::size_t redriven = 0;       // in a dry run: would be
  std::size_t left = 0;           // see RedriveCallbacks
  std::size_t not_looked_at = 0;  // behind those in memory at once, when none of those could go
  bool stopped = false;
  absl::Status status;  // the error that ended the redrive early
};

// Puts letters back into their queue, in the order of PlanRedrive: each is published, confirmed, then removed. An
// interruption of any kind, also kill -9, loses no letter and doubles at most one, with one message_id.
//
// A long redrive takes its letters anew from time to time. It works through more letters than kLettersInHandMax part by
// part, and cannot see that an earlier letter of an order lies in a later part.
RedriveResult Redrive(DeadLetterQueue& queue, const RedriveOptions& options, const RedriveCallbacks& callbacks);

// Removes letters in hand and waits until the broker has done so. Calls `record` before each, as above. Returns their
// number; an error names the number that may be removed.
absl::StatusOr<std::size_t> Drop(DeadLetterQueue& queue, const std::vector<const Letter*>& letters,
                                 const std::function<absl::Status(const Letter& letter)>& record);

}  // namespace logistics::messaging
