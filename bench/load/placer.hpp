#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "order.grpc.pb.h"

namespace logistics::bench {

// Places orders for the streams to see. Belongs to one thread.
class Placer {
 public:
  Placer(const std::string& address, int products, std::uint64_t seed);
  ~Placer() { queue_.Shutdown(); }
  Placer(const Placer&) = delete;
  Placer& operator=(const Placer&) = delete;

  // So many a second, however long each takes, or with a rate of 0 so many at once as orders usually are. Customers
  // take turns; without any, each order has one of its own. Returns when all are answered. Throws where one fails.
  void Place(int orders, int rate, const std::vector<std::string>& customers);

 private:
  struct Call;
  void Start(int n, const std::vector<std::string>& customers);

  const int products_;
  std::mt19937_64 random_;
  std::unique_ptr<order::OrderService::Stub> stub_;
  grpc::CompletionQueue queue_;
};

}  // namespace logistics::bench
