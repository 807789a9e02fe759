#include "remote_inventory/retry_budget.hpp"

#include <algorithm>
#include <random>

#include "logistics/base/backoff.hpp"

namespace logistics::remote_inventory {

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
  thread_local std::mt19937_64 random{std::random_device{}()};
  return base::BackoffDelay(options_.delay_min, options_.delay_max, retry, random);
}

}  // namespace logistics::remote_inventory
