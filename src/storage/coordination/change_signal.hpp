#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// Wakes readers after a commit: this replica's subscribers at once, other replicas by a coalesced NOTIFY after the
// commit, on a connection of its own (within the transaction it would serialize all commits). A wake-up can be lost, so
// subscribers also poll. The listening connection is also the daemon's check of Postgres: as "listener" it fails within
// five seconds and a poll when the server hangs or accepts no writes. Thread-safe.
class ChangeSignal {
 public:
  // `verify` throws the reason why a session cannot do our work, rights for instance. It is called after each connect,
  // and when another part found out that its session is not fit.
  ChangeSignal(const DatabaseOptions& options, SessionHealth& health, std::function<void(Session&)> verify);
  ~ChangeSignal();

  // Adds a subscriber. `wake` is called from any thread after a commit of any replica; it is cheap and does not call
  // this object. Before Start only.
  void Subscribe(std::function<void()> wake);
  void Start();
  // Removes the subscribers: none is called after this returns.
  void Silence();

  // To be called after each commit of this replica.
  void Committed();

 private:
  void NotifyLoop(const std::stop_token& stop);
  void ListenLoop(const std::stop_token& stop);
  void WakeSubscribers();

  const DatabaseOptions options_;
  SessionHealth& health_;
  const std::function<void(Session&)> verify_;
  std::mutex subscribers_mutex_;
  std::vector<std::function<void()>> subscribers_;  // guarded by subscribers_mutex_
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool dirty_ = false;  // guarded by mutex_
  std::jthread notifier_;
  std::jthread listener_;
};

}  // namespace logistics::storage
