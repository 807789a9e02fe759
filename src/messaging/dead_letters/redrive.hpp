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
  // After so long, and one letter at least, they are put back and taken again.
  absl::Duration in_hand_max = kLettersInHandTimeMax;
};

// All but `record` may be empty.
struct RedriveCallbacks {
  // Before a letter is published; an error ends the redrive with nothing done to it.
  std::function<absl::Status(const Letter& letter)> record;
  // Of a recorded letter that stayed in the dead letter queue, or may have: why.
  std::function<void(const Letter& letter, const absl::Status& why)> stayed;
  // A letter was put back; in a dry run: would be.
  std::function<void(const Letter& letter)> redriven;
  // An earlier letter of its order does not match (RedrivePlan::left).
  std::function<void(const Letter& letter)> left;
  // Asked between letters and while waiting; true ends the redrive.
  std::function<bool()> stopped;
};

struct RedriveResult {
  std::size_t there = 0;          // letters at the beginning: those that come meanwhile are not looked at
  std::size_t redriven = 0;       // in a dry run: would be
  std::size_t left = 0;           // see RedriveCallbacks
  std::size_t not_looked_at = 0;  // behind the ones that are held at once, when none of those could go
  bool stopped = false;
  absl::Status status;  // what ended it early; OK when it was not ended, or by `stopped`
};

// Puts letters back into their queue, one after the other in the order of PlanRedrive: published, confirmed, then
// removed. Interrupted in any way, also by kill -9, it loses none, and at most one is there twice, with one message_id.
//
// A redrive that takes long goes on with letters taken anew. More letters than kLettersInHandMax are gone through part
// by part; an earlier letter of an order that lies in a later part is then not known when the ones before it go.
RedriveResult Redrive(DeadLetterQueue& queue, const RedriveOptions& options, const RedriveCallbacks& callbacks);

// Removes letters that are in hand, and waits until the broker has done it. `record` as above, for each before it.
// Returns how many; an error says of how many it is not known.
absl::StatusOr<std::size_t> Drop(DeadLetterQueue& queue, const std::vector<const Letter*>& letters,
                                 const std::function<absl::Status(const Letter& letter)>& record);

}  // namespace logistics::messaging
