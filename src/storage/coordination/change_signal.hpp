#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "logistics/ports/health.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// Tells that something was committed: to this replica's subscribers at once, to the others by NOTIFY, coalesced, after
// the commit and on a connection of its own (within the transaction it would serialize all commits). A wake-up can be
// lost; whoever is woken also polls. Its listening connection is also how the daemon knows that Postgres is there: it
// reports health component "postgres". Thread-safe.
class ChangeSignal {
 public:
  ChangeSignal(const DatabaseOptions& options, ports::HealthReporter& health);
  ~ChangeSignal();

  // `wake` is called from any thread after a commit anywhere, beside those that were given before; it must be cheap and
  // does not come back to this. Before Start only.
  void Subscribe(std::function<void()> wake);
  void Start();
  // Forgets the subscribers: none is called after this returns.
  void Silence();

  // A commit happened here.
  void Committed();

 private:
  void NotifyLoop(const std::stop_token& stop);
  void ListenLoop(const std::stop_token& stop);
  void WakeSubscribers();

  const DatabaseOptions options_;
  ports::HealthReporter& health_;
  std::mutex subscribers_mutex_;
  std::vector<std::function<void()>> subscribers_;  // guarded by subscribers_mutex_
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool dirty_ = false;  // guarded by mutex_
  std::jthread notifier_;
  std::jthread listener_;
};

}  // namespace logistics::storage
