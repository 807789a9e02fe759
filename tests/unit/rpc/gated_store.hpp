#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "logistics/ports/order_store.hpp"

namespace logistics::rpc {

// Another store behind a gate: while it is closed, Get and List wait. Remembers the context of the last call.
// Thread-safe.
class GatedStore final : public ports::OrderStore {
 public:
  explicit GatedStore(ports::OrderStore& store) : store_(store) {}

  absl::StatusOr<domain::Order> Create(const domain::NewOrder& order, const ports::CallContext& context) override {
    Remember(context);
    return store_.Create(order, context);
  }
  absl::StatusOr<domain::Order> ChangeStatus(const domain::StatusChange& change,
                                             const ports::CallContext& context) override {
    Remember(context);
    return store_.ChangeStatus(change, context);
  }
  absl::StatusOr<domain::Order> Get(const domain::OrderId& id, const ports::CallContext& context) override {
    Remember(context);
    Wait(open_);
    return store_.Get(id, context);
  }
  absl::StatusOr<ports::OrderPage> List(const ports::OrderQuery& query, const ports::CallContext& context) override {
    Remember(context);
    Wait(lists_open_);
    return store_.List(query, context);
  }

  void Close() {
    const std::scoped_lock lock(mutex_);
    open_ = false;
  }
  void CloseLists() {
    const std::scoped_lock lock(mutex_);
    lists_open_ = false;
  }
  void Open() {
    const std::scoped_lock lock(mutex_);
    open_ = lists_open_ = true;
    changed_.notify_all();
  }
  // Until so many calls stand before the closed gate.
  void WaitForWaiting(int calls) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= calls; });
  }
  std::optional<ports::CallContext> LastContext() const {
    const std::scoped_lock lock(mutex_);
    return last_context_;
  }

 private:
  void Wait(const bool& open) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open; });
    --waiting_;
  }
  void Remember(const ports::CallContext& context) {
    const std::scoped_lock lock(mutex_);
    last_context_ = context;
  }

  ports::OrderStore& store_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;                                // guarded by mutex_
  bool lists_open_ = true;                          // guarded by mutex_
  int waiting_ = 0;                                 // guarded by mutex_
  std::optional<ports::CallContext> last_context_;  // guarded by mutex_
};

}  // namespace logistics::rpc
