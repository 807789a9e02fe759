#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/ports/health.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/outbox.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/amqp/wake_event.hpp"
#include "messaging/relay/broker_link.hpp"
#include "messaging/relay/publish_window.hpp"
#include "messaging/relay/quarantined_keys.hpp"
#include "messaging/relay/relay_metrics.hpp"

namespace logistics::messaging {

// Tells the mesh what is committed: publishes the outbox and deletes what the broker confirmed, in a thread of its own,
// while this replica holds the lease.
//
// Guarantees: each committed event is published at least once; first publications of one ordering key are in the order
// of their changes, per exchange. After a crash the unconfirmed and the confirmed but not yet deleted are published
// (again). A refused message (nacked, unroutable under `hold`, an error of the channel) holds back its own key only.
//
// Neither a broker nor a database that is away ends the relay: it tries again, without end and without haste, and says
// so through health components "broker" and "relay". Nothing here blocks a caller of Wake.
class Relay {
 public:
  // `metrics` and `health` outlive the relay. The outbox is used by the relay's thread only.
  Relay(std::unique_ptr<ports::Outbox> outbox, BrokerOptions options, ports::Metrics& metrics,
        ports::HealthReporter& health);
  // Stops without flushing when Stop was not called.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Once.
  void Start();

  // Something may have been committed. From any thread; costs an atomic, at most one small system call.
  void Wake() { wake_.Set(); }

  // Publishes and confirms what is committed, until `deadline` at most; does not wait for a broker or a database that
  // is away (what is not told stays in the outbox). Then gives the lease back and ends the thread. Returns soon after
  // the deadline also when the broker hangs; a database call or a connection attempt that is under way may take its
  // own timeout longer. A second call changes nothing.
  void Stop(absl::Time deadline);

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  void Run();
  bool Finished(Time now);
  void KeepLease(Time now);
  void Gain(Time now);
  void LoseLease(std::string_view why);
  void GiveLeaseBack(std::string_view why);
  void Forget();
  bool LeaseHolds(Time now) const { return leading_ && now < lease_until_; }

  void Persist(Time now);
  bool PersistDue(Time now) const;
  bool StoreQuarantined(Time now);
  void ReadOutbox(Time now);
  bool ReadDue(Time now) const;
  bool RoomToRead() const;
  void TryQuarantinedAgain(Time now);
  bool QuarantinePassDue(Time now) const;
  void UpdateStats(Time now);

  // True when `status` is OK; else says it, waits or loses the lease.
  bool DatabaseAnswered(const absl::Status& status, Time now);

  bool WorkAtHand(Time now);
  void Wait(Time now);
  Time NextDue(Time now) const;

  const BrokerOptions options_;
  const std::unique_ptr<ports::Outbox> outbox_;
  ports::HealthReporter& health_;
  RelayMetrics metrics_;
  WakeEvent wake_;
  SocketWatchdog watchdog_;

  // The thread's own.
  PublishWindow window_;
  QuarantinedKeys quarantined_;
  BrokerLink link_;
  bool leading_ = false;
  Time lease_until_ = Time::min();
  Time lease_due_ = Time::min();
  Time broker_seen_ = Clock::now();
  ports::OutboxPosition position_;  // read up to here
  bool woken_ = false;
  bool more_ = false;     // the last page was full
  bool drained_ = false;  // a read begun after Stop found nothing more
  Time poll_at_ = Time::min();
  Time read_again_at_ = Time::min();  // not before, unless a page was full
  Time quarantine_pass_at_ = Time::min();
  Time stats_at_ = Time::min();
  std::vector<ports::OutboxMessage> to_quarantine_;
  std::optional<Confirmed> deleting_;  // taken from the window, not yet deleted
  Time delete_at_ = Time::max();       // when the confirmed have waited long enough
  int database_failures_ = 0;
  Time database_at_ = Time::min();  // not before
  std::mt19937_64 random_;

  std::atomic<bool> stopping_ = false;
  Time stop_at_;  // written before stopping_
  std::once_flag stop_once_;
  std::jthread thread_;
};

}  // namespace logistics::messaging
