#include "inventory/retry_budget.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace logistics::inventory {

RetryBudget::RetryBudget(const ReadRetryOptions& options) : options_(options), tokens_(options.budget_max) {}

void RetryBudget::NoteRead() {
  const std::scoped_lock lock(mutex_);
  tokens_ = std::min(options_.budget_max, tokens_ + options_.budget_ratio);
}

bool RetryBudget::TryTake() {
  const std::scoped_lock lock(mutex_);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

absl::Duration RetryBudget::Delay(int retry) const {
  constexpr int kDoublingsMax = 20;
  thread_local std::mt19937_64 random{std::random_device{}()};
  const absl::Duration full =
      std::min(options_.delay_max, options_.delay_min * (std::int64_t{1} << std::min(retry, kDoublingsMax)));
  return full * std::uniform_real_distribution<double>(0.5, 1.0)(random);
}

}  // namespace logistics::inventory
