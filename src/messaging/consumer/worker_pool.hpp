#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "messaging/consumer/message_processor.hpp"
#include "messaging/consumer/order_lanes.hpp"

namespace logistics::messaging {

// The threads that process messages. Each takes messages from the lanes and leaves its decisions here for the
// connection's thread. A message that met an unavailable database goes back to its lane, and the lanes pause.
class WorkerPool {
 public:
  struct Result {
    std::unique_ptr<InboundTask> task;
    Decision decision;  // kAck or kReject
  };

  // References outlive the pool. The workers call `wake` after each message.
  WorkerPool(int workers, MessageProcessor& processor, OrderLanes& lanes, std::function<void()> wake);

  // Once.
  void Start();
  // Closes the lanes and waits for the messages in work. Once.
  void Stop();

  // The results since the last call, in the order of their end.
  std::vector<Result> TakeResults();
  bool HasResults() const;
  // Why a message met an unavailable database since the last call; nullopt = none did.
  std::optional<std::string> TakeUnavailable();

 private:
  void Work();

  const int workers_max_;
  MessageProcessor& processor_;
  OrderLanes& lanes_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;
  std::vector<Result> results_;             // guarded by mutex_
  std::optional<std::string> unavailable_;  // guarded by mutex_
  std::vector<std::jthread> workers_;
};

}  // namespace logistics::messaging
