#pragma once

#include <map>
#include <string>
#include <vector>

namespace logistics::ports {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Increment(double by = 1) = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

// Where counts go. Names follow Prometheus: prefix logistics_, unit last (_seconds, _total). Asking again for the same
// name and labels gives the same object; references live as long as the Metrics. Keep them: the look-up takes a lock,
// the instruments do not. Thread-safe.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;
  virtual ~Metrics() = default;
  virtual Counter& GetCounter(const std::string& name, const std::string& help, const Labels& labels = {}) = 0;
  virtual Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels = {}) = 0;
  // `bounds` are the upper bounds of the buckets, rising.
  virtual Histogram& GetHistogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                  const Labels& labels = {}) = 0;
};

// Latency buckets in seconds, 0.5 ms to 10 s.
inline const std::vector<double>& LatencyBounds() {
  static const std::vector<double> bounds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
  return bounds;
}

}  // namespace logistics::ports
