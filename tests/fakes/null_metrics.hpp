#pragma once

#include "logistics/ports/metrics.hpp"

namespace logistics::fakes {

// Forgets everything. Thread-safe.
class NullMetrics final : public ports::Metrics {
 public:
  ports::Counter& GetCounter(const std::string& /*name*/, const std::string& /*help*/,
                             const Labels& /*labels*/ = {}) override {
    return counter_;
  }
  ports::Gauge& GetGauge(const std::string& /*name*/, const std::string& /*help*/,
                         const Labels& /*labels*/ = {}) override {
    return gauge_;
  }
  ports::Histogram& GetHistogram(const std::string& /*name*/, const std::string& /*help*/,
                                 const std::vector<double>& /*bounds*/, const Labels& /*labels*/ = {}) override {
    return histogram_;
  }

 private:
  struct NullCounter final : ports::Counter {
    void Increment(double /*by*/ = 1) override {}
  };
  struct NullGauge final : ports::Gauge {
    void Set(double /*value*/) override {}
  };
  struct NullHistogram final : ports::Histogram {
    void Observe(double /*value*/) override {}
  };
  NullCounter counter_;
  NullGauge gauge_;
  NullHistogram histogram_;
};

}  // namespace logistics::fakes
