#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "logistics/ports/metrics.hpp"
#include "prometheus/family.h"
#include "prometheus/registry.h"

namespace logistics::telemetry {

// ports::Metrics over a registry of its own. Thread-safe. A name that is asked for as two kinds of instrument is a bug
// of ours and ends the process.
class PrometheusMetrics final : public ports::Metrics {
 public:
  PrometheusMetrics();
  ~PrometheusMetrics() override;

  ports::Counter& GetCounter(const std::string& name, const std::string& help, const Labels& labels) override;
  ports::Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels) override;
  ports::Histogram& GetHistogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                 const Labels& labels) override;

  // Everything counted so far, in Prometheus' text format 0.0.4.
  std::string Scrape() const;

 private:
  template <typename Instrument>
  using Instruments = std::map<std::pair<std::string, Labels>, std::unique_ptr<Instrument>>;

  prometheus::Registry registry_;  // thread-safe itself
  std::mutex mutex_;
  Instruments<ports::Counter> counters_;      // guarded by mutex_
  Instruments<ports::Gauge> gauges_;          // guarded by mutex_
  Instruments<ports::Histogram> histograms_;  // guarded by mutex_
};

}  // namespace logistics::telemetry
