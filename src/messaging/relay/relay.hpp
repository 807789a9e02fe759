#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "logistics/ports/health.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/outbox.hpp"
#include "logistics/ports/routed_keys.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/amqp/wake_event.hpp"
#include "messaging/relay/broker_link.hpp"
#include "messaging/relay/known_routes.hpp"
#include "messaging/relay/leadership.hpp"
#include "messaging/relay/outbox_reader.hpp"
#include "messaging/relay/outbox_writer.hpp"
#include "messaging/relay/publish_window.hpp"
#include "messaging/relay/quarantined_keys.hpp"
#include "messaging/relay/relay_metrics.hpp"

namespace logistics::messaging {

// Publishes the committed events of the outbox and deletes those that the broker confirmed, in a thread of its own,
// while this replica has the lease.
//
// Guarantees: each committed event is published at least once; first publications of one ordering key are in the order
// of their changes, per exchange. After a crash the events that are still in the outbox are published (again). A
// refused message (nacked, unroutable under `hold`, an error of the channel) is quarantined and holds back its own key
// only. Copies of nacked messages in other queues are bounded (route_retries.hpp).
//
// An unavailable broker or database does not end the relay: it tries again without end and with backoff, and reports
// health components "broker" and "relay". Nothing here blocks a caller of Wake.
class Relay {
 public:
  // References outlive the relay. The outbox is used by the relay's thread only.
  Relay(std::unique_ptr<ports::Outbox> outbox, ports::RoutedKeys& routed_keys, BrokerOptions options,
        ports::Metrics& metrics, ports::HealthReporter& health);
  // Stops without flushing when Stop was not called.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Once.
  void Start();

  // Something may have been committed. From any thread; costs an atomic, at most one small system call.
  void Wake() { wake_.Set(); }

  // Publishes and confirms committed events until `deadline` at most, without waiting for an unavailable broker or
  // database: the rest stays in the outbox. Then releases the lease and ends the thread. Returns soon after the
  // deadline also when the broker hangs; a database call or a connection attempt in flight may take its own timeout
  // longer. A second call changes nothing.
  void Stop(absl::Time deadline);

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  void Run();
  bool stopping() const { return stop_at_.load() != Time::max(); }
  // Renews the lease, reads from the outbox what is due and removes what is confirmed. Blocks as long as the database.
  void AskOutbox(Time now);
  bool Finished(Time now) const;
  void FollowTerm(Time now);
  void OnLeaseAcquired(Time now);
  void ResetLeaderState();

  void RetryQuarantined(Time now);
  void ReadOutbox(Time now);
  bool RoomToRead() const;
  // No message of the last pass over the quarantine is in memory any more.
  bool PassResolved() const { return to_retry_.empty() && writer_.idle() && window_.quarantined_size() == 0; }
  // Whether a page of the quarantine is to be read now.
  bool QuarantineDue(Time now) const { return to_retry_.empty() && reader_.QuarantineDue(now, PassResolved()); }

  bool WorkAtHand(Time now);
  void Wait(Time now);
  Time NextDue(Time now) const;

  const BrokerOptions options_;
  RelayMetrics metrics_;
  WakeEvent wake_;
  SocketWatchdog watchdog_;

  // The thread's own.
  KnownRoutes routes_;
  PublishWindow window_;
  QuarantinedKeys quarantined_;
  std::deque<ports::OutboxMessage> to_retry_;  // of a page of the quarantine: those that the pass has not come to
  BrokerLink link_;
  Leadership leadership_;
  OutboxReader reader_;
  OutboxWriter writer_;
  Leadership::Term term_ = 0;  // the one that window, quarantined keys, reader and writer are of

  std::atomic<Time> stop_at_ = Time::max();  // Time::max() = not stopping
  std::once_flag stop_once_;
  std::jthread thread_;
};

}  // namespace logistics::messaging
