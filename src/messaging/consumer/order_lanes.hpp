#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "logistics/domain/ids.hpp"
#include "messaging/amqp/connection.hpp"
#include "messaging/events/event_decoder.hpp"

namespace logistics::messaging {

// A message between its arrival and its end.
struct InboundTask {
  std::uint64_t session = 0;  // of the connection that it came on: elsewhere it cannot be acked
  domain::OrderId order_id;
  Delivery delivery;
  InboundEvent event;
};

// Messages that wait for a worker: those of one order are given out one after the other, in their order, those of
// different orders to whoever asks. Bounded by the consumer's prefetch. Thread-safe.
class OrderLanes {
 public:
  // What waits of earlier connections is forgotten: the broker gives it out again. What is in work goes on, and
  // messages of the same order wait for its end all the same.
  void BeginSession(std::uint64_t session);

  void Add(std::unique_ptr<InboundTask> task);

  // Waits for a message whose order has none in work. nullptr: closed.
  std::unique_ptr<InboundTask> Take();
  // What was taken has ended: the next one of its order may be.
  void Done(const domain::OrderId& order_id);
  // What was taken could not be begun: it is the first of its order again, and nothing is given out until Resume.
  void PutBack(std::unique_ptr<InboundTask> task);
  void Resume();

  // Take gives nothing any more. For ever.
  void Close();

  std::size_t waiting() const;

 private:
  struct Lane {
    std::deque<std::unique_ptr<InboundTask>> tasks;
    bool in_work = false;
  };

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  absl::flat_hash_map<domain::OrderId, Lane> lanes_;  // only of orders that have something here
  std::deque<domain::OrderId> ready_;                 // lanes with tasks and none in work, each once
  std::size_t waiting_ = 0;
  std::uint64_t session_ = 0;
  bool paused_ = false;
  bool closed_ = false;
};

}  // namespace logistics::messaging
