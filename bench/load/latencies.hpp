#pragma once

#include <chrono>
#include <vector>

#include "nlohmann/json.hpp"

namespace logistics::bench {

// How long many calls took. All of them are kept: percentiles are exact.
class Latencies {
 public:
  void Add(std::chrono::nanoseconds latency) { all_.push_back(latency); }
  std::size_t size() const { return all_.size(); }

  // {"calls", "p50_ms", "p99_ms", "max_ms"}; zeros when there are none.
  nlohmann::ordered_json Summary();

 private:
  std::vector<std::chrono::nanoseconds> all_;
};

}  // namespace logistics::bench
