#pragma once

#include <condition_variable>
#include <mutex>

#include "logistics/ports/order_log.hpp"

namespace logistics::service {

// A gate that a test closes before the calls of another thread. Thread-safe.
class Gate {
 public:
  void Close() { Set(false); }
  void Open() { Set(true); }
  // Until a call waits at the closed gate.
  void AwaitCaller() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
  }

 private:
  void Set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;  // guarded by mutex_
  int waiting_ = 0;   // guarded by mutex_
};

// Another log behind two gates: one before Head, one behind each read of all orders. Thread-safe.
class GatedOrderLog final : public ports::OrderLog {
 public:
  explicit GatedOrderLog(ports::OrderLog& log) : log_(log) {}

  Gate& heads() { return heads_; }
  Gate& reads_of_all() { return reads_of_all_; }

  absl::StatusOr<ports::LogHead> Head(const ports::CallContext& context) override {
    heads_.Pass();
    return log_.Head(context);
  }
  absl::StatusOr<ports::OrderChanges> ReadAfter(const ports::OrderScope& scope, const ports::LogPlace& place, int limit,
                                                const ports::CallContext& context) override {
    absl::StatusOr<ports::OrderChanges> page = log_.ReadAfter(scope, place, limit, context);
    if (!scope.order_id && !scope.customer_id) reads_of_all_.Pass();
    return page;
  }
  absl::StatusOr<ports::OrderStates> States(const ports::OrderScope& scope,
                                            const std::optional<ports::OrderStates::After>& after, int limit,
                                            const ports::CallContext& context) override {
    return log_.States(scope, after, limit, context);
  }
  absl::StatusOr<std::optional<absl::Time>> CommittedAt(std::int64_t number,
                                                        const ports::CallContext& context) override {
    return log_.CommittedAt(number, context);
  }
  absl::StatusOr<std::int64_t> NumberBefore(absl::Time time, std::int64_t number,
                                            const ports::CallContext& context) override {
    return log_.NumberBefore(time, number, context);
  }

 private:
  ports::OrderLog& log_;
  Gate heads_;
  Gate reads_of_all_;
};

}  // namespace logistics::service
