#pragma once

#include <grpcpp/completion_queue.h>

#include <memory>
#include <thread>
#include <utility>

#include "logistics/ports/metrics.hpp"
#include "logistics/service/calls/call_queue.hpp"

namespace logistics::rpc {

// The one thread of the calls: gRPC's events of a completion queue, and the continuations and deadlines of the
// calls. Measured beside a thread a call and beside callbacks: fewest CPU a call (docs/adr/0013). Nothing may block
// here.
class CallLoop {
 public:
  // What happens next to a call. A tag of the queue is the address of one.
  class Event {
   public:
    virtual ~Event() = default;
    // `ok` as gRPC's: false when there is nothing (more) to be had, because the call or the server has ended.
    virtual void Proceed(bool ok) = 0;
  };

  // Observes the turns of its thread in the histogram logistics_rpc_turn_seconds. Both outlive this.
  CallLoop(service::CallQueue& tasks, ports::Metrics& metrics);
  // Stops.
  ~CallLoop();
  CallLoop(const CallLoop&) = delete;
  CallLoop& operator=(const CallLoop&) = delete;

  // Before Start. All that follows needs the queue.
  void Take(std::unique_ptr<grpc::ServerCompletionQueue> queue) { queue_ = std::move(queue); }
  grpc::ServerCompletionQueue& queue() { return *queue_; }
  void Start();
  service::CallQueue& tasks() { return tasks_; }

  // gRPC is asked for a call; gRPC is done with that call. On the loop's thread, or before it runs.
  void CallBegins() { ++calls_; }
  void CallEnds();

  // After the server's Shutdown: returns when no call is left and the queue is empty.
  void Stop();

 private:
  class WakeUp;

  void Run();
  void ShutDownWhenEmpty();

  service::CallQueue& tasks_;
  ports::Histogram& busy_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;  // null before Take
  std::unique_ptr<WakeUp> wake_up_;
  int calls_ = 0;          // of the loop's thread
  bool stopping_ = false;  // of the loop's thread
  std::thread thread_;     // last: it uses the others
};

}  // namespace logistics::rpc
