#pragma once

#include "logistics/base/periodic_task.hpp"
#include "logistics/ports/metrics.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// Measures the size of our tables for the metrics, once a minute: files are counted, no row is read.
class TableSizes {
 public:
  // References outlive it.
  TableSizes(SessionPool& pool, ports::Metrics& metrics);
  TableSizes(const TableSizes&) = delete;
  TableSizes& operator=(const TableSizes&) = delete;

 private:
  void Measure();

  SessionPool& pool_;
  ports::Metrics& metrics_;
  base::PeriodicTask task_;  // last: it works with the rest
};

}  // namespace logistics::storage
