#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "messaging/amqp/options.hpp"
#include "messaging/dead_letters/letter.hpp"

namespace logistics::messaging {

// The first letters of a dead letter queue that are in memory at once: at most so many, with so many bytes of bodies.
inline constexpr std::size_t kLettersInHandMax = 20'000;
inline constexpr std::size_t kLetterBytesInHandMax = 256U << 20U;
// The longest time in hand, after which letters are put back and taken again. A broker ends a channel that leaves its
// messages unacked for longer (consumer_timeout, 30 min by default).
inline constexpr absl::Duration kLettersInHandTimeMax = absl::Minutes(10);

// The dead letter queue of one queue, for one command at a time: while this object lives, Open for the same queue
// fails. Its lock is an exclusive queue at the broker, which goes with the connection, however the process ends.
//
// Letters that are taken stay in the dead letter queue until Remove. Any end of the connection returns the others to
// their places, in order: rabbit_fifo sorts returned messages ahead of the rest. This needs each taker to take more
// than earlier takers left as returned. So Take always asks the broker for kLettersInHandMax, however few of them it
// keeps. Belongs to one thread.
//
// Errors: UNAVAILABLE, UNAUTHENTICATED, ABORTED: the broker, or the connection to it, is of no use; all others name
// their cause.
class DeadLetterQueue {
 public:
  // Takes the lock. FAILED_PRECONDITION: another command has it. NOT_FOUND: the dead letter queue does not exist, and
  // is not created.
  static absl::StatusOr<std::unique_ptr<DeadLetterQueue>> Open(const BrokerOptions& options, const std::string& queue);
  ~DeadLetterQueue();
  DeadLetterQueue(const DeadLetterQueue&) = delete;
  DeadLetterQueue& operator=(const DeadLetterQueue&) = delete;

  const std::string& queue() const { return queue_; }
  // The letters that no consumer has in hand.
  absl::StatusOr<std::size_t> Count();
  // NOT_FOUND: the queue whose letters these are does not exist.
  absl::Status CheckQueue();

  // Takes the first letters, at most `count`, and fewer when their bodies exceed kLetterBytesInHandMax. UNAVAILABLE
  // also when the broker gives out fewer. No letter may be in hand.
  absl::StatusOr<std::vector<Letter>> Take(std::size_t count);
  // Returns the letters in hand to their places.
  absl::Status PutBack();

  // Publishes the letter to the queue itself, over the default exchange, persistent. Body and properties stay, but for
  // the headers of its death, a user id, CC and BCC; headers say where it was first published. Returns after the
  // broker's answer. OK: the queue has the letter. NOT_FOUND: there is no such queue. RESOURCE_EXHAUSTED: the queue
  // refuses the letter, as a full one does. Else the queue may or may not have it.
  absl::Status Republish(const Letter& letter);
  // Removes a letter in hand from the dead letter queue. The removal is certain once PutBack has returned OK.
  absl::Status Remove(const Letter& letter);

  // Waits for `time` at most, or until `done`, which is called every 100 ms at least. Keeps the connections alive.
  absl::Status Wait(absl::Duration time, const std::function<bool()>& done);

 private:
  class Link;
  DeadLetterQueue(const BrokerOptions& options, std::string queue);
  absl::Status Service();
  absl::Status Await(absl::Duration time, absl::Duration slice, const std::function<bool()>& done);

  const BrokerOptions options_;
  const std::string queue_;
  const std::string dead_letter_queue_;
  std::unique_ptr<Link> keeper_;  // has the lock, and publishes
  std::unique_ptr<Link> taker_;   // has the letters in hand; null = none
};

}  // namespace logistics::messaging
