#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/base/log_limiter.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/health.hpp"
#include "logistics/ports/inbox.hpp"
#include "logistics/ports/metrics.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/amqp/wake_event.hpp"
#include "messaging/consumer/consumer_link.hpp"
#include "messaging/consumer/consumer_metrics.hpp"
#include "messaging/consumer/consumer_pause.hpp"
#include "messaging/consumer/event_handlers.hpp"
#include "messaging/consumer/message_processor.hpp"
#include "messaging/consumer/order_lanes.hpp"
#include "messaging/consumer/worker_pool.hpp"
#include "messaging/dead_letters/dead_letter.hpp"

namespace logistics::messaging {

// A consumer group: takes the messages of its queue over one connection, in a thread of its own, and has `workers`
// threads process them. Messages of one order are handled one after the other, in the order of the queue.
//
// Guarantees: a message is acked only after its handler's transaction committed, after it is parked in the inbox, or
// after the broker confirmed its dead letter; and only to the connection that delivered it. So each message is handled
// at least once, whatever is killed and whenever, and handlers dedupe. The outcomes of a message:
//   done                              acked
//   no handler for its event type     acked and counted
//   a later try may succeed           parked behind the waiting messages of its order, then acked
//   undecodable, or rejected          sent to the dead letter exchange with the reason (dead_letter.hpp), then acked
//   longer than an event may be       rejected: the broker dead-letters the whole message
//   the database is unavailable       kept in hand, and handled once the database answers (consumer_pause.hpp)
//
// The queue gives its messages to one replica at a time (single active consumer). The consumer connects to an
// unavailable broker again without end, with backoff. Health component "consumer <name>" says what is wrong.
class Consumer final : public DeadLetterSink {
 public:
  // References outlive the consumer. `queue` is what is declared and read; of `options` its name is in `queue` too.
  Consumer(BrokerOptions broker, ConsumerOptions options, const QueueOptions& queue, EventHandlers handlers,
           ports::Inbox& inbox, const ports::Clock& clock, ports::Metrics& metrics, ports::HealthReporter& health);
  // Stops at once when Stop was not called.
  ~Consumer() override;
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Once.
  void Start();

  // Begins no further message and waits for those in work. Acks what is done and sends dead letters until `deadline` at
  // most; the broker gives out the rest again. A handler in work may take its own timeout longer. A second call changes
  // nothing.
  void Stop(absl::Time deadline);
  bool stopping() const { return stopping_; }

  // Also UNAVAILABLE when the broker takes no dead letter now, and after Stop.
  std::future<absl::Status> Send(DeadLetter letter) override;

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  // A dead letter of another thread, which waits for the broker's confirm.
  struct SendRequest {
    DeadLetter letter;
    std::shared_ptr<std::promise<absl::Status>> outcome;
  };

  // The connection's thread.
  void Run();
  bool Finished(Time now);
  void OnTaken(Delivery delivery);
  void RejectOversized(const Delivery& delivery);
  void Reject(std::uint64_t session, Delivery delivery, const std::string& reason, ports::Counter& counter);
  void TakeResults();
  void TakeSendRequests();
  void ReportHealth();
  void Wait(Time now);

  const BrokerOptions broker_;
  const ConsumerOptions options_;
  const std::string dead_letter_exchange_;
  const EventHandlers handlers_;
  const ports::Clock& clock_;
  ports::HealthReporter& health_;
  ConsumerMetrics metrics_;
  WakeEvent wake_;
  SocketWatchdog watchdog_;
  OrderLanes lanes_;
  MessageProcessor processor_;
  WorkerPool workers_;

  std::mutex mutex_;
  std::vector<SendRequest> send_requests_;  // guarded by mutex_
  bool running_ = false;                    // guarded by mutex_; send requests are taken

  // The connection's thread's own.
  ConsumerLink link_;
  ConsumerPause pause_;
  std::vector<PendingAck> acks_;
  std::optional<std::string> reported_;
  base::LogLimiter reject_log_{std::chrono::seconds(1)};

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> workers_ended_ = false;
  Time stop_at_;  // written before stopping_
  std::once_flag stop_once_;
  std::jthread thread_;
};

}  // namespace logistics::messaging
