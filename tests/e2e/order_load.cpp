#include "e2e/order_load.hpp"

#include <gtest/gtest.h>

#include <random>

#include "fakes/eventually.hpp"

namespace logistics::e2e {
OrderLoad::OrderLoad(Daemon& daemon, const Options& options)
    : daemon_(daemon), options_(options), running_clients_(options.clients) {
  for (int i = 0; i < options.clients; ++i) {
    clients_.emplace_back([this, seed = options.seed + static_cast<std::uint64_t>(i)] {
      RunClient(seed);
      --running_clients_;
    });
  }
}

bool OrderLoad::AwaitMoreOrders(int more) const {
  const int wanted = acked_orders_ + more;
  fakes::Eventually([&] { return acked_orders_ >= wanted || running_clients_ == 0; }, kPatience);
  return acked_orders_ >= wanted;
}

void OrderLoad::Stop() {
  stop_ = true;
  for (std::thread& client : clients_) client.join();
  clients_.clear();
}

void OrderLoad::RunClient(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < options_.orders_max && !stop_; ++i) {
    const bool answered = PlaceOne(random);
    if (!answered && options_.until_failure) return;
    const absl::Duration pause = answered ? options_.pause : options_.pause_after_failure;
    if (pause > absl::ZeroDuration()) absl::SleepFor(pause);
  }
}

bool OrderLoad::PlaceOne(std::mt19937_64& random) {
  const auto any_product = [&] { return options_.products[random() % options_.products.size()]; };
  order::CreateOrderRequest request = OrderOf(any_product());
  while (request.items_size() < options_.lines_max && random() % 2 == 0) {
    *request.add_items() = OrderOf(any_product()).items(0);
  }
  if (!options_.customers.empty()) request.set_customer_id(options_.customers[random() % options_.customers.size()]);
  request.set_notes(std::string(options_.notes_bytes, 'n'));
  request.set_idempotency_key(NewUuid());
  const CallOptions call{"", "", options_.deadline};
  const Answer created = Create(daemon_, request, call);
  if (!Note(created)) {
    const std::lock_guard lock(mutex_);
    unanswered_.push_back(request);
    return false;
  }
  ++acked_orders_;
  const std::string& id = created.order.id();
  switch (random() % 4) {
    case 0:
      return Note(Cancel(daemon_, id, call));
    case 1:
      return Note(ChangeStatus(daemon_, id, order::ORDER_STATUS_PROCESSING, call)) &&
             Note(ChangeStatus(daemon_, id, order::ORDER_STATUS_SHIPPED, call));
    default:
      return true;
  }
}

bool OrderLoad::Note(const Answer& answer) {
  const std::lock_guard lock(mutex_);
  if (answer.status.ok()) {
    acked_.push_back({answer.order.id(), answer.order.version(), answer.order.status()});
  } else {
    failures_.push_back(answer.status);
    ++failed_calls_;
  }
  return answer.status.ok();
}

void RepeatUnanswered(Daemon& daemon, const OrderLoad& load, std::vector<AckedChange>& acked) {
  for (const order::CreateOrderRequest& request : load.unanswered()) {
    const Answer first = Create(daemon, request);
    ASSERT_TRUE(first.status.ok()) << first.status.error_message();
    const Answer second = Create(daemon, request);
    ASSERT_TRUE(second.status.ok()) << second.status.error_message();
    EXPECT_EQ(first.order.id(), second.order.id());
    acked.push_back({first.order.id(), first.order.version(), first.order.status()});
  }
}

void ExpectOnlyRetryable(const OrderLoad& load) {
  for (const grpc::Status& status : load.failures()) {
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) continue;
    ASSERT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    ASSERT_TRUE(HasRetryInfo(status)) << status.error_message();
  }
}

}  // namespace logistics::e2e
