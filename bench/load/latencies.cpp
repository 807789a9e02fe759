#include "latencies.hpp"

#include <algorithm>

namespace logistics::bench {

nlohmann::ordered_json Latencies::Summary() {
  std::sort(all_.begin(), all_.end());
  const auto percentile_ms = [this](double p) {
    if (all_.empty()) return 0.0;
    const auto place = static_cast<std::size_t>(p * static_cast<double>(all_.size() - 1));
    return std::chrono::duration<double, std::milli>(all_[place]).count();
  };
  return {{"calls", all_.size()},
          {"p50_ms", percentile_ms(0.5)},
          {"p99_ms", percentile_ms(0.99)},
          {"max_ms", percentile_ms(1.0)}};
}

}  // namespace logistics::bench
