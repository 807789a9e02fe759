#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "logistics/ports/order_log.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "service/streams/order_stream.hpp"
#include "service/streams/stream_registry.hpp"

namespace logistics::service {

// Brings streams that have just come, resume or fell behind to where the live ones are: from the changes kept in memory
// or by reads of their own. A few threads; one at a time writes to a stream, and takes turns between many. Thread-safe.
class CatchUp {
 public:
  // References outlive this.
  CatchUp(ports::OrderLog& log, StreamRegistry& streams, const OrderUpdatesOptions& options)
      : log_(log), streams_(streams), options_(options) {}

  void Start();
  // The threads end when their reads have ended; the destructor waits for that.
  void RequestStop();

  // The stream is not live, and its feed has room.
  void Enqueue(const OrderStreamPtr& stream);

 private:
  enum class Step {
    kGoOn,
    kParked,  // until its reader has room again
    kDone,    // live, or ended
    kLater,   // the database is unavailable
  };

  void Loop(const std::stop_token& stop);
  OrderStreamPtr AwaitStream(const std::stop_token& stop);  // null: `stop`
  void Release(const OrderStreamPtr& stream, Step step, const std::stop_token& stop);
  void EnqueueLocked(const OrderStreamPtr& stream);  // requires mutex_
  bool OthersWait();

  Step Fill(OrderStream& stream, const std::stop_token& stop);
  Step FillOnce(OrderStream& stream);
  Step Join(OrderStream& stream);
  Step Resume(OrderStream& stream, const ResumePoint& from, const ResumePoint& live);
  Step OfferStates(OrderStream& stream);
  Step OfferChanges(OrderStream& stream);
  Step OfferFromDatabase(OrderStream& stream);
  static Step End(OrderStream& stream, const absl::Status& status);
  static Step EndOrRetry(OrderStream& stream, const absl::Status& status);

  ports::OrderLog& log_;
  StreamRegistry& streams_;
  const OrderUpdatesOptions options_;

  std::mutex mutex_;
  std::condition_variable_any enqueued_;
  std::deque<OrderStreamPtr> queue_;  // guarded by mutex_

  std::vector<std::jthread> threads_;  // last: joined first
};

}  // namespace logistics::service
