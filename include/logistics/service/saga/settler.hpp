// Sends releases and commits of reservations to the peer until it has confirmed them.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/intent_store.hpp"
#include "logistics/ports/inventory_peer.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/settlement_store.hpp"
#include "logistics/service/saga/saga_options.hpp"

namespace logistics::service {

// Works off settlements with a few threads, beside the settlers of other replicas: a thread claims a row, calls the
// peer, and removes the step only after the answer. Intents that a crash left are released, at the start and every
// SagaOptions::recover_every. A settlement is tried for ever; one older than settle_alarm_after raises an alarm.
// Thread-safe.
//
// Releases and commits may be sent twice, because the peer acts on pending reservations only. A restock is sent once:
// without an answer it is listed as in doubt.
class Settler {
 public:
  // All references outlive the settler.
  Settler(ports::SettlementStore& settlements, ports::IntentStore& intents, ports::InventoryPeer& peer,
          ports::IdGenerator& ids, const SagaOptions& options, ports::Metrics& metrics);
  ~Settler() { Stop(); }
  Settler(const Settler&) = delete;
  Settler& operator=(const Settler&) = delete;

  // Once.
  void Start();
  // Something may be due. Cheap, from any thread.
  void Wake();
  // Ends the threads; returns when the calls in flight have ended. A row that was claimed and not sent is claimed again
  // by any replica once the claim is over.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Claimed {
    ports::Settlement settlement;
    Clock::time_point drop_at;  // not sent after this: the claim may be over
  };

  void Work(const std::stop_token& stop);
  // Blocks until a row is claimed; nullopt at the stop.
  std::optional<Claimed> Next(const std::stop_token& stop);
  std::vector<Claimed> Claim();
  void Settle(const ports::Settlement& settlement);
  void Restock(const ports::Settlement& settlement, const ports::CallContext& context);
  void ListInDoubt(const ports::Settlement& settlement, const std::string& why);
  void Conclude(const ports::Settlement& settlement, const absl::StatusOr<ports::PeerSettled>& answer);
  // The step was done before, nothing was held yet, or the peer has forgotten the reservation.
  void NoteNothingPending(const ports::Settlement& settlement);
  void Retry(const ports::Settlement& settlement, const absl::Status& error);

  void Watch(const std::stop_token& stop);
  void RecoverIntents(const std::stop_token& stop);
  void UpdateStats(bool name_stuck);

  ports::SettlementStore& settlements_;
  ports::IntentStore& intents_;
  ports::InventoryPeer& peer_;
  ports::IdGenerator& ids_;
  const SagaOptions options_;
  ports::Counter& done_;
  ports::Counter& failed_;
  ports::Counter& recovered_;
  ports::Counter& nothing_to_release_;
  ports::Counter& nothing_to_commit_;
  ports::Counter& paused_;
  ports::Gauge& waiting_;
  ports::Gauge& oldest_seconds_;
  ports::Gauge& stuck_;
  ports::Gauge& in_doubt_;

  std::mutex mutex_;
  std::condition_variable_any changed_;               // for Work
  std::condition_variable_any watch_;                 // for Watch, which must not swallow a wake-up that is for Work
  std::deque<Claimed> queue_;                         // guarded by mutex_
  bool woken_ = true;                                 // guarded by mutex_
  bool claiming_ = false;                             // guarded by mutex_
  Clock::time_point claim_at_ = Clock::time_point();  // guarded by mutex_
  std::mt19937 random_{std::random_device{}()};       // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace logistics::service
