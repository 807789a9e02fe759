#include "telemetry/prometheus_metrics.hpp"

#include <cstdlib>
#include <exception>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/text_serializer.h"
#include "spdlog/spdlog.h"

namespace logistics::telemetry {
namespace {

class CounterInstrument final : public ports::Counter {
 public:
  explicit CounterInstrument(prometheus::Counter& counter) : counter_(counter) {}
  void Increment(double by) override { counter_.Increment(by); }

 private:
  prometheus::Counter& counter_;
};

class GaugeInstrument final : public ports::Gauge {
 public:
  explicit GaugeInstrument(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_.Set(value); }

 private:
  prometheus::Gauge& gauge_;
};

class HistogramInstrument final : public ports::Histogram {
 public:
  explicit HistogramInstrument(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void Observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

// The library throws for a name with two kinds, an illegal name or a reserved label: each of them is our own bug.
template <typename Make>
auto MakeOrEnd(const std::string& name, const Make& make) -> decltype(make()) {
  try {
    return make();
  } catch (const std::exception& error) {
    spdlog::critical("metric {} cannot be registered: {}", name, error.what());
    std::abort();
  }
}

}  // namespace

PrometheusMetrics::PrometheusMetrics() : registry_(prometheus::Registry::InsertBehavior::Merge) {}
PrometheusMetrics::~PrometheusMetrics() = default;

ports::Counter& PrometheusMetrics::GetCounter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<ports::Counter>& instrument = counters_[{name, labels}];
  if (instrument == nullptr) {
    instrument = MakeOrEnd(name, [&] {
      return std::make_unique<CounterInstrument>(
          prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels));
    });
  }
  return *instrument;
}

ports::Gauge& PrometheusMetrics::GetGauge(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<ports::Gauge>& instrument = gauges_[{name, labels}];
  if (instrument == nullptr) {
    instrument = MakeOrEnd(name, [&] {
      return std::make_unique<GaugeInstrument>(
          prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels));
    });
  }
  return *instrument;
}

ports::Histogram& PrometheusMetrics::GetHistogram(const std::string& name, const std::string& help,
                                                  const std::vector<double>& bounds, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<ports::Histogram>& instrument = histograms_[{name, labels}];
  if (instrument == nullptr) {
    instrument = MakeOrEnd(name, [&] {
      return std::make_unique<HistogramInstrument>(
          prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, bounds));
    });
  }
  return *instrument;
}

std::string PrometheusMetrics::Scrape() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

}  // namespace logistics::telemetry
