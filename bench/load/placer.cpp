#include "placer.hpp"

#include <chrono>
#include <stdexcept>

#include "order_requests.hpp"
#include "stream_readers.hpp"

namespace logistics::bench {
namespace {

using WallClock = std::chrono::system_clock;

constexpr int kInFlight = 64;
constexpr int kItems = 2;

}  // namespace

struct Placer::Call {
  grpc::ClientContext context;
  order::CreateOrderRequest request;
  order::OrderResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<order::OrderResponse>> reader;
};

Placer::Placer(const std::string& address, int products, std::uint64_t seed)
    : products_(products), random_(seed), stub_(order::OrderService::NewStub(Connect(address))) {}

void Placer::Place(int orders, int rate, const std::vector<std::string>& customers) {
  auto due = WallClock::now();
  int in_flight = 0;
  for (int started = 0; started < orders || in_flight > 0;) {
    const bool may_start = started < orders && (rate > 0 || in_flight < kInFlight);
    if (may_start && (rate == 0 || WallClock::now() >= due)) {
      Start(started++, customers);
      ++in_flight;
      if (rate > 0) due += std::chrono::microseconds(1'000'000 / rate);
      continue;
    }
    void* tag = nullptr;
    bool ok = false;
    const auto until = may_start ? due : WallClock::now() + kPatience;
    if (queue_.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) {
      if (!may_start) throw std::runtime_error("orders are not answered");
      continue;
    }
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    --in_flight;
    if (!call->status.ok()) throw std::runtime_error("CreateOrder: " + call->status.error_message());
  }
}

void Placer::Start(int n, const std::vector<std::string>& customers) {
  auto call = std::make_unique<Call>();
  FillRequest(call->request, products_, kItems, random_);
  if (!customers.empty()) call->request.set_customer_id(customers[static_cast<std::size_t>(n) % customers.size()]);
  call->context.set_deadline(WallClock::now() + kPatience);
  call->reader = stub_->AsyncCreateOrder(&call->context, call->request, &queue_);
  call->reader->Finish(&call->response, &call->status, call.get());
  call.release();  // its tag brings it back
}

}  // namespace logistics::bench
