#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "order.grpc.pb.h"

namespace logistics::bench {

inline constexpr std::chrono::seconds kPatience{60};

// On a connection of its own.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);

// When each order's first change came. One machine, one clock: the same that Postgres reads.
using Times = std::unordered_map<std::string, std::chrono::system_clock::time_point>;

// Many readers without a thread each, one a customer.
class Readers {
 public:
  Readers(const std::string& address, const std::vector<std::string>& customers, int per_connection);
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // Until each has its first token. Throws where that takes longer than kPatience, as the next.
  void AwaitGreeted();
  // Until so many changes have come.
  Times AwaitReceived(std::size_t changes);

 private:
  struct Reader;
  void Note(const order::OrderStatusEvent& event);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t greeted_ = 0;  // guarded by mutex_, as the next two
  std::size_t ended_ = 0;
  Times received_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace logistics::bench
