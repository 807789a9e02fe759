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

// What is held in memory at once of a dead letter queue: its first letters, up to so many and so many bytes of bodies.
inline constexpr std::size_t kLettersInHandMax = 20'000;
inline constexpr std::size_t kLetterBytesInHandMax = 256U << 20U;
// So long at most, after which they are put back and taken again: a broker ends channels that are given messages and
// acks none of them (consumer_timeout, 30 min by default).
inline constexpr absl::Duration kLettersInHandTimeMax = absl::Minutes(10);

// The dead letter queue of one queue, for one command at a time: while this object lives, Open for the same queue
// fails. It holds an exclusive queue of the broker's as lock, which goes with the connection, however the process ends.
//
// Letters that are taken stay in the dead letter queue until Remove. Whatever ends the connection puts the others back
// to their places, in their order: rabbit_fifo returns what a consumer had in hand sorted, ahead of what it had not.
// That holds as long as each taker takes more than earlier ones left as returned, so Take always has the broker give
// out the same kLettersInHandMax, whatever it keeps of them. Belongs to one thread.
//
// Errors: UNAVAILABLE, UNAUTHENTICATED, ABORTED: the broker, or the connection to it, is of no use; all others say what
// they mean.
class DeadLetterQueue {
 public:
  // Takes the lock. FAILED_PRECONDITION: another command has it. NOT_FOUND: there is no such dead letter queue; none is
  // made.
  static absl::StatusOr<std::unique_ptr<DeadLetterQueue>> Open(const BrokerOptions& options, const std::string& queue);
  ~DeadLetterQueue();
  DeadLetterQueue(const DeadLetterQueue&) = delete;
  DeadLetterQueue& operator=(const DeadLetterQueue&) = delete;

  const std::string& queue() const { return queue_; }
  // Letters that nobody has in hand.
  absl::StatusOr<std::size_t> Count();
  // NOT_FOUND: the queue whose letters these are does not exist.
  absl::Status CheckQueue();

  // The first letters, at most `count` of them, and fewer when they have more bytes than are held. UNAVAILABLE also
  // when the broker does not give out so many. To be called with none in hand.
  absl::StatusOr<std::vector<Letter>> Take(std::size_t count);
  // Those that are in hand go to their places.
  absl::Status PutBack();

  // Publishes it to the queue itself, by way of the default exchange: persistent, with body and properties as they are,
  // but the headers of its death, a user id and CC and BCC; where it was first published goes with it. Returns after
  // the broker's answer. OK: it is in the queue. NOT_FOUND: there is no such queue. RESOURCE_EXHAUSTED: it refuses, as
  // one does that is full. Else it may or may not be there.
  absl::Status Republish(const Letter& letter);
  // Takes a letter that is in hand out of the dead letter queue. The broker has done it when PutBack returned OK.
  absl::Status Remove(const Letter& letter);

  // Waits so long at most, or until `done`, which is asked every 100 ms at least; keeps the connections alive
  // meanwhile.
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
