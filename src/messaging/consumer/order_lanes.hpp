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
  std::uint64_t session = 0;  // of the connection that delivered it: no other one can ack it
  domain::OrderId order_id;
  Delivery delivery;
  InboundEvent event;
};

// Messages that wait for a worker, one lane for each order. Messages of one lane go out one after the other, those of
// different lanes at once. The consumer's prefetch bounds them. Thread-safe.
class OrderLanes {
 public:
  // Drops the waiting messages of earlier connections: the broker gives them out again. Messages in work go on, and
  // their orders stay blocked until they end.
  void BeginSession(std::uint64_t session);

  void Add(std::unique_ptr<InboundTask> task);

  // Waits for a message whose order has none in work. nullptr: closed.
  std::unique_ptr<InboundTask> Take();
  // The message taken of this order has ended; the next one may go out.
  void Done(const domain::OrderId& order_id);
  // The message taken could not be handled. It is the first of its order again, and nothing goes out until Resume.
  void PutBack(std::unique_ptr<InboundTask> task);
  void Resume();

  // From now on Take answers nullptr.
  void Close();

  std::size_t waiting() const;

 private:
  struct Lane {
    std::deque<std::unique_ptr<InboundTask>> tasks;
    bool in_work = false;
  };

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  absl::flat_hash_map<domain::OrderId, Lane> lanes_;  // only those that are not empty or in work
  std::deque<domain::OrderId> ready_;                 // lanes with tasks and none in work, each once
  std::size_t waiting_ = 0;
  std::uint64_t session_ = 0;
  bool paused_ = false;
  bool closed_ = false;
};

}  // namespace logistics::messaging
