// The blocking stores by means of those that do not block.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fakes/thread_executor.hpp"
#include "logistics/ports/async_order_store.hpp"
#include "logistics/ports/async_stock_store.hpp"
#include "logistics/ports/order_store.hpp"

namespace logistics::fakes {

// Starts a call on the executor's thread, `start(completion)`, and waits for its outcome.
template <typename T, typename Start>
absl::StatusOr<T> Await(ThreadExecutor& calls, Start start) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<T>>>();
  std::future<absl::StatusOr<T>> outcome = promise->get_future();
  calls.Post([&calls, promise = std::move(promise), start = std::move(start)]() mutable {
    start(ports::Completion<T>{
        &calls, [promise = std::move(promise)](absl::StatusOr<T> value) { promise->set_value(std::move(value)); }});
  });
  return outcome.get();
}

// References outlive it; what does not exist without blocking goes to `rest`.
class DetachedOrders final : public ports::OrderStore {
 public:
  DetachedOrders(ports::AsyncOrderStore& orders, ports::OrderStore& rest, ThreadExecutor& calls)
      : orders_(orders), rest_(rest), calls_(calls) {}

  absl::StatusOr<domain::Order> Create(const domain::NewOrder& order, const ports::CallContext& context) override {
    return Await<domain::Order>(calls_, [&](auto done) { orders_.Create(order, context, std::move(done)); });
  }
  absl::StatusOr<domain::Order> ChangeStatus(const domain::StatusChange& change,
                                             const ports::CallContext& context) override {
    return Await<domain::Order>(calls_, [&](auto done) { orders_.ChangeStatus(change, context, std::move(done)); });
  }
  absl::StatusOr<domain::Order> Get(const domain::OrderId& id, const ports::CallContext& context) override {
    return Await<domain::Order>(calls_, [&](auto done) { orders_.Get(id, context, std::move(done)); });
  }
  absl::StatusOr<ports::OrderPage> List(const ports::OrderQuery& query, const ports::CallContext& context) override {
    return rest_.List(query, context);
  }

 private:
  ports::AsyncOrderStore& orders_;
  ports::OrderStore& rest_;
  ThreadExecutor& calls_;
};

class DetachedStock final : public ports::StockStore {
 public:
  DetachedStock(ports::AsyncStockStore& stock, ports::StockStore& rest, ThreadExecutor& calls)
      : stock_(stock), rest_(rest), calls_(calls) {}

  absl::StatusOr<domain::Product> CreateProduct(const domain::Product& product,
                                                const ports::CallContext& context) override {
    return rest_.CreateProduct(product, context);
  }
  absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const ports::CallContext& context) override {
    return rest_.GetProduct(id, context);
  }
  absl::StatusOr<ports::ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                  const ports::CallContext& context) override {
    return rest_.ListProducts(category, page, page_size, context);
  }
  absl::StatusOr<ports::LevelRow> Adjust(const ports::StockAdjustment& adjustment,
                                         const ports::CallContext& context) override {
    return rest_.Adjust(adjustment, context);
  }
  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                      const std::vector<domain::WarehouseId>& warehouses,
                                                      const ports::CallContext& context) override {
    return rest_.Levels(products, warehouses, context);
  }
  absl::StatusOr<ports::ReservationAnswer> Reserve(const ports::ReservationRequest& request,
                                                   const ports::CallContext& context) override {
    return Await<ports::ReservationAnswer>(calls_,
                                           [&](auto done) { stock_.Reserve(request, context, std::move(done)); });
  }
  absl::StatusOr<ports::EndAnswer> Release(const domain::ExternalId& id, const std::string& reason,
                                           const ports::CallContext& context) override {
    return Await<ports::EndAnswer>(calls_, [&](auto done) { stock_.Release(id, reason, context, std::move(done)); });
  }
  absl::StatusOr<ports::EndAnswer> CommitReservation(const domain::ExternalId& id,
                                                     const ports::CallContext& context) override {
    return Await<ports::EndAnswer>(calls_, [&](auto done) { stock_.CommitReservation(id, context, std::move(done)); });
  }

 private:
  ports::AsyncStockStore& stock_;
  ports::StockStore& rest_;
  ThreadExecutor& calls_;
};

}  // namespace logistics::fakes
