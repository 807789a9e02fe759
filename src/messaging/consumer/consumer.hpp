#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
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
#include "messaging/consumer/event_handlers.hpp"
#include "messaging/consumer/order_lanes.hpp"
#include "messaging/dead_letters/dead_letter.hpp"

namespace logistics::messaging {

// A consumer group: takes the messages of its queue over one connection, in a thread of its own, and has them handled
// by `workers` threads. Messages of one order are handled one after the other, in the order of the queue.
//
// Guarantees: a message is acked only after its handler's transaction committed, after it is parked in the inbox, or
// after the broker confirmed it as dead letter; and only to the connection that delivered it. So each message is
// handled at least once, whatever is killed and whenever, and handlers dedupe. What becomes of it:
//   done                           acked
//   nobody acts on its event type  acked and counted
//   to be tried later              parked behind what waits of its order, then acked
//   cannot be decoded, or poison   to the dead letter exchange, with the reason (dead_letter.hpp), then acked
//   the database is away           nothing is handled until it is back, and nothing is lost. After hand_back_after what
//                                  is in hand goes back to the queue, where another replica may reach the database
//
// The queue gives its messages to one replica at a time (single active consumer). A broker that is away ends nothing:
// it is tried again, without end and without haste. Health component "consumer <name>" says what is wrong.
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

  // Begins no further message, waits for those in work, acks what is done and sends dead letters until `deadline` at
  // most; the broker gives out the rest again. A handler that is at work may take its own timeout longer. A second call
  // changes nothing.
  void Stop(absl::Time deadline);
  bool stopping() const { return stopping_; }

  // Also UNAVAILABLE when the broker does not take it now, and after Stop.
  absl::Status Send(DeadLetter letter) override;

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  // What a worker made of a message; the connection's thread does the rest.
  struct Handled {
    std::unique_ptr<InboundTask> task;
    std::optional<std::string> poison;  // the reason
    std::optional<std::string> away;    // why it could not be begun
  };
  struct SendRequest {
    DeadLetter letter;
    std::shared_ptr<std::promise<absl::Status>> outcome;
  };

  // The connection's thread.
  void Run();
  bool Finished(Time now);
  void OnTaken(Delivery delivery);
  void Reject(std::uint64_t session, Delivery delivery, const std::string& reason, ports::Counter& counter);
  void TakeFromWorkers();
  void SendAcks(Time now);
  void WatchAway(Time now);
  void EndAway();
  bool DatabaseAnswers();
  void ReportHealth();
  Time NextDue(Time now) const;
  void Wait(Time now);

  // The workers' threads.
  void Work();
  Handled Try(std::unique_ptr<InboundTask> task);
  absl::Status Park(const InboundTask& task, const std::string& reason);
  ports::CallContext ContextOf(const Delivery& delivery, const InboundEvent& event) const;

  const BrokerOptions broker_;
  const ConsumerOptions options_;
  const std::string dead_letter_exchange_;
  const std::string queue_;
  const EventHandlers handlers_;
  ports::Inbox& inbox_;
  const ports::Clock& clock_;
  ports::HealthReporter& health_;
  ConsumerMetrics metrics_;
  WakeEvent wake_;
  SocketWatchdog watchdog_;
  OrderLanes lanes_;

  std::mutex mutex_;
  std::vector<Handled> handled_;            // guarded by mutex_; not yet seen by the connection's thread
  std::vector<SendRequest> send_requests_;  // guarded by mutex_; likewise
  std::optional<std::string> away_reason_;  // guarded by mutex_; likewise
  bool running_ = false;                    // guarded by mutex_; requests are taken

  // The connection's thread's own.
  ConsumerLink link_;
  std::vector<PendingAck> acks_;
  std::string away_;  // why; empty = not away
  Time away_since_;
  Time away_next_ = Time::max();  // when it is tried again
  int away_tries_ = 0;
  bool handed_back_ = false;
  std::optional<std::string> reported_;
  base::LogLimiter poison_log_{std::chrono::seconds(1)};
  std::mt19937_64 random_;

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> workers_ended_ = false;
  Time stop_at_;  // written before stopping_
  std::once_flag stop_once_;
  std::vector<std::jthread> workers_;
  std::jthread thread_;
};

}  // namespace logistics::messaging
