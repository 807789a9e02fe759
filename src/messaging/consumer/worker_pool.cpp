#include "messaging/consumer/worker_pool.hpp"

#include <utility>

namespace logistics::messaging {

WorkerPool::WorkerPool(int workers, MessageProcessor& processor, OrderLanes& lanes, std::function<void()> wake)
    : workers_max_(workers), processor_(processor), lanes_(lanes), wake_(std::move(wake)) {}

void WorkerPool::Start() {
  for (int i = 0; i < workers_max_; ++i) workers_.emplace_back([this] { Work(); });
}

void WorkerPool::Stop() {
  lanes_.Close();
  workers_.clear();
}

std::vector<WorkerPool::Result> WorkerPool::TakeResults() {
  const std::lock_guard lock(mutex_);
  return std::exchange(results_, {});
}

bool WorkerPool::HasResults() const {
  const std::lock_guard lock(mutex_);
  return !results_.empty();
}

std::optional<std::string> WorkerPool::TakeUnavailable() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unavailable_, std::nullopt);
}

void WorkerPool::Work() {
  while (std::unique_ptr<InboundTask> task = lanes_.Take()) {
    Decision decision = processor_.Process(*task);
    if (decision.action == Decision::Action::kUnavailable) {
      lanes_.PutBack(std::move(task));
      const std::lock_guard lock(mutex_);
      unavailable_ = std::move(decision.reason);
    } else {
      lanes_.Done(task->order_id);
      const std::lock_guard lock(mutex_);
      results_.push_back({std::move(task), std::move(decision)});
    }
    wake_();
  }
}

}  // namespace logistics::messaging
