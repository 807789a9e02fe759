#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/inbox.hpp"
#include "logistics/ports/metrics.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/consumer/consumer_metrics.hpp"
#include "messaging/consumer/event_handlers.hpp"
#include "messaging/dead_letters/dead_letter.hpp"

namespace logistics::messaging {

// Tries the waiting messages in the inbox of one consumer group again. After retry_attempts tries in vain a message
// becomes a dead letter: published and confirmed first, then taken from the inbox. A crash between the two gives two
// letters with one message_id, and never none. A try that meets an unavailable database does not count.
//
// A dead letter may wait for the broker longer than a pass. Its message and those of its order wait with it, and other
// messages go on.
//
// One replica at a time runs it. Should two do so, the store still keeps the order, and each message is handled once.
class InboxWorker {
 public:
  // References outlive this. Options as the consumer's.
  InboxWorker(ConsumerOptions options, const QueueOptions& queue, EventHandlers handlers, ports::Inbox& inbox,
              DeadLetterSink& dead_letters, const ports::Clock& clock, ports::Metrics& metrics);

  // Tries each message that is due. Ends when none is left, after a bounded time (well below a lease's), or at Stop.
  // UNAVAILABLE: the database is unavailable. One thread at a time.
  absl::Status RunOnce();
  // The pass that runs ends after its present message; later passes do nothing. From any thread.
  void Stop() { stopping_ = true; }

  // The wait after try `attempts`, the first handling included, before the next: growing fivefold, to a bound.
  static absl::Duration RetryDelay(absl::Duration first, int attempts);

 private:
  // A dead letter that the broker has not confirmed yet, of a message that is still in the inbox.
  struct PendingLetter {
    ports::WaitingMessage waiting;
    std::string reason;
    ports::Counter& counter;
    std::future<absl::Status> outcome;
  };

  absl::Status Try(const ports::WaitingMessage& waiting);
  absl::Status PutOff(const ports::WaitingMessage& waiting, const std::string& reason);
  absl::Status Reject(const ports::WaitingMessage& waiting, int attempts, const std::string& reason,
                      ports::Counter& counter);
  // Ends the messages whose letters have an outcome by `until`; how many these were.
  absl::StatusOr<std::size_t> TakeOutcomes(std::chrono::steady_clock::time_point until);
  absl::Status EndLetter(const PendingLetter& letter, const absl::Status& outcome);
  absl::Status UpdateMetrics();
  ports::CallContext ContextOf(const ports::WaitingMessage& waiting) const;

  const ConsumerOptions options_;
  const std::string dead_letter_exchange_;
  const EventHandlers handlers_;
  ports::Inbox& inbox_;
  DeadLetterSink& dead_letters_;
  const ports::Clock& clock_;
  ConsumerMetrics metrics_;
  std::map<std::int64_t, PendingLetter> letters_;  // by the message's id in the inbox
  std::chrono::steady_clock::time_point count_at_ = std::chrono::steady_clock::time_point::min();
  std::atomic<bool> stopping_ = false;
};

}  // namespace logistics::messaging
