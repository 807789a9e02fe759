#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "logistics/ports/async_order_store.hpp"
#include "logistics/ports/async_stock_store.hpp"
#include "logistics/ports/order_store.hpp"

namespace logistics::fakes {

// The calls that do not block, by means of the stores that do: each call has a thread of its own, from which its
// outcome is posted. The end waits for these threads.
class ThreadedStores final : public ports::AsyncOrderStore, public ports::AsyncStockStore {
 public:
  ThreadedStores(ports::OrderStore& orders, ports::StockStore& stock) : orders_(orders), stock_(stock) {}
  ~ThreadedStores() override {
    for (std::thread& thread : threads_) thread.join();
  }

  void Create(domain::NewOrder order, const ports::CallContext& context,
              ports::Completion<domain::Order> done) override {
    Start(std::move(done), [this, order = std::move(order), context] { return orders_.Create(order, context); });
  }
  void ChangeStatus(domain::StatusChange change, const ports::CallContext& context,
                    ports::Completion<domain::Order> done) override {
    Start(std::move(done),
          [this, change = std::move(change), context] { return orders_.ChangeStatus(change, context); });
  }
  void Get(const domain::OrderId& id, const ports::CallContext& context,
           ports::Completion<domain::Order> done) override {
    Start(std::move(done), [this, id, context] { return orders_.Get(id, context); });
  }
  void Reserve(ports::ReservationRequest request, const ports::CallContext& context,
               ports::Completion<ports::ReservationAnswer> done) override {
    Start(std::move(done), [this, request = std::move(request), context] { return stock_.Reserve(request, context); });
  }
  void Release(domain::ExternalId id, std::string reason, const ports::CallContext& context,
               ports::Completion<ports::EndAnswer> done) override {
    Start(std::move(done), [this, id = std::move(id), reason = std::move(reason), context] {
      return stock_.Release(id, reason, context);
    });
  }
  void CommitReservation(domain::ExternalId id, const ports::CallContext& context,
                         ports::Completion<ports::EndAnswer> done) override {
    Start(std::move(done), [this, id = std::move(id), context] { return stock_.CommitReservation(id, context); });
  }

 private:
  template <typename T, typename Call>
  void Start(ports::Completion<T> done, Call call) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([done = std::move(done), call = std::move(call)]() mutable {
      absl::StatusOr<T> outcome = call();
      std::vector<ports::CallExecutor::Task> tasks;
      tasks.emplace_back(
          [run = std::move(done.run), value = std::move(outcome)]() mutable { std::move(run)(std::move(value)); });
      done.executor->Post(std::move(tasks));
    });
  }

  ports::OrderStore& orders_;
  ports::StockStore& stock_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace logistics::fakes
