#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "logistics/ports/metrics.hpp"

namespace logistics::fakes {

// Remembers values. Thread-safe.
class CountingMetrics final : public ports::Metrics {
 public:
  ports::Counter& GetCounter(const std::string& name, const std::string& /*help*/, const Labels& labels = {}) override {
    return Find(name, labels);
  }
  ports::Gauge& GetGauge(const std::string& name, const std::string& /*help*/, const Labels& labels = {}) override {
    return Find(name, labels);
  }
  ports::Histogram& GetHistogram(const std::string& name, const std::string& /*help*/,
                                 const std::vector<double>& /*bounds*/, const Labels& labels = {}) override {
    return Find(name, labels);
  }

  // Of a counter its sum, of a gauge what was set last, of a histogram the number of observations; 0 when unknown.
  double Value(const std::string& name, const Labels& labels = {}) { return Find(name, labels).Value(); }

 private:
  class Instrument final : public ports::Counter, public ports::Gauge, public ports::Histogram {
   public:
    void Increment(double by) override {
      const std::scoped_lock lock(mutex_);
      value_ += by;
    }
    void Set(double value) override {
      const std::scoped_lock lock(mutex_);
      value_ = value;
    }
    void Observe(double /*value*/) override { Increment(1); }
    double Value() {
      const std::scoped_lock lock(mutex_);
      return value_;
    }

   private:
    std::mutex mutex_;
    double value_ = 0;  // guarded by mutex_
  };

  Instrument& Find(const std::string& name, const Labels& labels) {
    const std::scoped_lock lock(mutex_);
    std::unique_ptr<Instrument>& found = instruments_[{name, labels}];
    if (!found) found = std::make_unique<Instrument>();
    return *found;
  }

  std::mutex mutex_;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Instrument>> instruments_;  // guarded by mutex_
};

}  // namespace logistics::fakes
