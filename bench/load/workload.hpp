#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "inventory.grpc.pb.h"
#include "order.grpc.pb.h"

namespace logistics::bench {

using Clock = std::chrono::steady_clock;

enum class Kind { kCreate, kGet, kList, kStatus, kReserve };
inline constexpr int kKinds = 5;
const char* KindName(Kind kind);

// The services at the end of one connection.
struct Stubs {
  std::unique_ptr<order::OrderService::Stub> orders;
  std::unique_ptr<inventory::InventoryService::Stub> inventory;
};

// One call in flight. It is used again for the next one when it has been answered.
struct Call {
  Kind kind = Kind::kCreate;
  bool committing = false;  // the second half of kReserve
  Clock::time_point begin;  // when the call was to start, and not when there was time for it
  std::unique_ptr<grpc::ClientContext> context;
  grpc::Status status;
  order::CreateOrderRequest create;
  order::OrderResponse order;
  std::unique_ptr<grpc::ClientAsyncResponseReader<order::OrderResponse>> order_reader;
  order::ListOrdersResponse list;
  std::unique_ptr<grpc::ClientAsyncResponseReader<order::ListOrdersResponse>> list_reader;
  inventory::StockReservationResponse reserved;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inventory::StockReservationResponse>> reserve_reader;
  inventory::CommitReservationResponse committed;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inventory::CommitReservationResponse>> commit_reader;
};

// What is called, and with which arguments. Belongs to one thread.
class Workload {
 public:
  struct Options {
    // create, get, list, status, reserve (and commit), or mixed: 50 % create, 30 % get, 10 % list, 10 % status
    std::string kind = "create";
    int products = 1'000;
    int items = 2;
    std::uint64_t seed = 1;
  };
  // `orders`: ids of orders that are there, for the calls that read one. Throws std::invalid_argument.
  Workload(const Options& options, std::vector<std::string> orders);

  // The next call; its answer comes out of the queue with `call` as its tag.
  void Start(Call& call, Stubs& stubs, grpc::CompletionQueue& queue);
  // Whether the call goes on: it has a second half, which was started.
  bool GoesOn(Call& call, Stubs& stubs, grpc::CompletionQueue& queue);
  // A call is over. Throws std::runtime_error where the answer is OK and yet not what was asked for.
  void Ended(const Call& call);

 private:
  Kind Next();
  void StartKind(Call& call, Stubs& stubs, grpc::CompletionQueue& queue);

  const Options options_;
  const bool mixed_;
  Kind only_ = Kind::kCreate;
  std::mt19937_64 random_;
  std::vector<std::string> orders_;   // to read
  std::vector<std::string> pending_;  // created, and not changed since
};

}  // namespace logistics::bench
