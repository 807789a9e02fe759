// A log and metrics that remember, for tests.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "logistics/ports/log.hpp"
#include "logistics/ports/metrics.hpp"

namespace logistics::rpc {

// Thread-safe.
class RecordingLog final : public ports::Log {
 public:
  struct Line {
    ports::LogLevel level = ports::LogLevel::kInfo;
    std::string message;
    std::map<std::string, std::string> fields;
  };

  bool Enabled(ports::LogLevel /*level*/) const override { return true; }
  void Write(ports::LogLevel level, std::string_view message, std::span<const ports::LogField> fields) override {
    Line line{level, std::string(message), {}};
    for (const ports::LogField& field : fields) {
      line.fields[std::string(field.key)] = std::visit(
          [](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>)
              return std::string(value);
            else
              return absl::StrCat(value);
          },
          field.value);
    }
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<Line> Lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Line> lines_;  // guarded by mutex_
};

// Values by "name{label=value,…}"; of a histogram, the count of observations. Thread-safe.
class RecordingMetrics final : public ports::Metrics {
 public:
  ports::Counter& GetCounter(const std::string& name, const std::string& /*help*/, const Labels& labels) override {
    return At(name, labels);
  }
  ports::Gauge& GetGauge(const std::string& name, const std::string& /*help*/, const Labels& labels) override {
    return At(name, labels);
  }
  ports::Histogram& GetHistogram(const std::string& name, const std::string& /*help*/,
                                 const std::vector<double>& /*bounds*/, const Labels& labels) override {
    return At(name, labels);
  }
  double Value(const std::string& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = values_.find(key);
    return found == values_.end() ? -1 : found->second->value.load();
  }
  // The largest value that a histogram without labels has observed since the last time that this was asked.
  double TakeLargest(const std::string& name) { return At(name, {}).largest.exchange(0); }

 private:
  struct Instrument final : ports::Counter, ports::Gauge, ports::Histogram {
    void Increment(double by) override { value.fetch_add(by); }
    void Set(double now) override { value.store(now); }
    void Observe(double seen) override {
      value.fetch_add(1);
      double before = largest.load();
      while (seen > before && !largest.compare_exchange_weak(before, seen)) {
      }
    }
    std::atomic<double> value{0};
    std::atomic<double> largest{0};
  };
  Instrument& At(const std::string& name, const Labels& labels) {
    std::string key = name;
    if (!labels.empty()) {
      key += "{";
      for (const auto& [label, value] : labels) absl::StrAppend(&key, key.back() == '{' ? "" : ",", label, "=", value);
      key += "}";
    }
    const std::scoped_lock lock(mutex_);
    auto& instrument = values_[key];
    if (instrument == nullptr) instrument = std::make_unique<Instrument>();
    return *instrument;
  }
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Instrument>> values_;  // guarded by mutex_
};

}  // namespace logistics::rpc
