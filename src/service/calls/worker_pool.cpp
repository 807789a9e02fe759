#include "logistics/service/calls/worker_pool.hpp"

#include <system_error>
#include <utility>

namespace logistics::service {

WorkerPool::WorkerPool(int threads_max, int work_max)
    : threads_max_(static_cast<std::size_t>(threads_max)), work_max_(work_max) {}

bool WorkerPool::TryRun(Work work) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || taken_ >= work_max_) return false;
  ++taken_;
  queue_.push_back(std::move(work));
  // An idle thread may be on its way to an earlier work.
  if (queue_.size() > idle_ && threads_.size() < threads_max_) {
    try {
      threads_.emplace_back([this] { RunWorks(); });
    } catch (const std::system_error&) {
      // No thread is to be had. Another one takes the work; without any it is refused.
      if (!threads_.empty()) return true;
      queue_.pop_back();
      --taken_;
      return false;
    }
  } else {
    wake_.notify_one();
  }
  return true;
}

void WorkerPool::RunWorks() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    {
      Work work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      std::move(work)();
    }
    lock.lock();
    --taken_;
  }
}

void WorkerPool::Stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads = std::exchange(threads_, {});
  }
  wake_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace logistics::service
