#include "messaging/consumer/order_lanes.hpp"

#include <utility>

namespace logistics::messaging {

void OrderLanes::BeginSession(std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  session_ = session;
  ready_.clear();
  waiting_ = 0;
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    lane->second.tasks.clear();
    if (lane->second.in_work) {
      ++lane;
    } else {
      lanes_.erase(lane++);
    }
  }
}

void OrderLanes::Add(std::unique_ptr<InboundTask> task) {
  const std::lock_guard lock(mutex_);
  if (task->session != session_) return;
  const domain::OrderId order_id = task->order_id;
  Lane& lane = lanes_[order_id];
  if (lane.tasks.empty() && !lane.in_work) ready_.push_back(order_id);
  lane.tasks.push_back(std::move(task));
  ++waiting_;
  changed_.notify_one();
}

std::unique_ptr<InboundTask> OrderLanes::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || (!paused_ && !ready_.empty()); });
  if (closed_) return nullptr;
  Lane& lane = lanes_[ready_.front()];
  ready_.pop_front();
  std::unique_ptr<InboundTask> task = std::move(lane.tasks.front());
  lane.tasks.pop_front();
  lane.in_work = true;
  --waiting_;
  return task;
}

void OrderLanes::Done(const domain::OrderId& order_id) {
  const std::lock_guard lock(mutex_);
  const auto found = lanes_.find(order_id);
  found->second.in_work = false;
  if (found->second.tasks.empty()) {
    lanes_.erase(found);
    return;
  }
  ready_.push_back(order_id);
  changed_.notify_one();
}

void OrderLanes::PutBack(std::unique_ptr<InboundTask> task) {
  const std::lock_guard lock(mutex_);
  paused_ = true;
  const auto found = lanes_.find(task->order_id);
  Lane& lane = found->second;
  lane.in_work = false;
  if (task->session == session_) {
    lane.tasks.push_front(std::move(task));
    ++waiting_;
  }
  if (lane.tasks.empty()) {
    lanes_.erase(found);
  } else {
    ready_.push_front(found->first);
  }
}

void OrderLanes::Resume() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  changed_.notify_all();
}

void OrderLanes::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::size_t OrderLanes::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

}  // namespace logistics::messaging
