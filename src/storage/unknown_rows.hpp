#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "logistics/ports/health.hpp"
#include "logistics/ports/metrics.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// Looks at intervals for rows that this release does not know, since a later release wrote them and was rolled back.
// They stay as they are; a gauge counts them, and the health of "unknown rows" names them. The daemon stays ready.
class UnknownRows {
 public:
  // References outlive it.
  UnknownRows(SessionPool& pool, ports::Metrics& metrics, ports::HealthReporter& health);

 private:
  void Loop(const std::stop_token& stop);
  void Look();

  SessionPool& pool_;
  ports::HealthReporter& health_;
  std::map<std::string, ports::Gauge*> rows_;  // by table
  bool reported_ = false;                      // the thread's own

  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  // last: joined first
};

}  // namespace logistics::storage
