#include "rpc/call/call_loop.hpp"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>

#include <atomic>
#include <chrono>

#include "absl/time/time.h"

namespace logistics::rpc {

// Brings the loop's thread back from the queue; the loop runs the tasks after each event. gRPC allows to set its alarm
// again only when the event of the last time was taken, and tasks may have run before that.
class CallLoop::WakeUp final : public Event {
 public:
  explicit WakeUp(CallLoop& loop) : loop_(loop) {}

  // By one thread at a time.
  void Wake() {
    if (is_set_.exchange(true)) return;
    // A time that has passed makes the event at once; "now" is rounded up and waits for gRPC's timer thread.
    alarm_.Set(loop_.queue_.get(), gpr_inf_past(GPR_CLOCK_REALTIME), static_cast<Event*>(this));
  }
  void Proceed(bool /*ok*/) override { is_set_ = false; }

 private:
  CallLoop& loop_;
  grpc::Alarm alarm_;
  std::atomic<bool> is_set_ = false;
};

CallLoop::CallLoop(service::CallQueue& tasks, ports::Metrics& metrics)
    : tasks_(tasks),
      busy_(metrics.GetHistogram("logistics_rpc_turn_seconds", "How long the thread of the calls was busy at once",
                                 {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1})),
      wake_up_(std::make_unique<WakeUp>(*this)) {}

CallLoop::~CallLoop() {
  if (queue_ == nullptr) return;
  if (thread_.joinable()) {
    Stop();
  } else if (!stopping_) {
    // Of a server that did not come up. gRPC wants a queue that was read to its end.
    queue_->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
    }
  }
}

void CallLoop::Start() {
  tasks_.Attach([this] { wake_up_->Wake(); });
  thread_ = std::thread([this] { Run(); });
}

void CallLoop::Run() {
  bool more = false;
  for (;;) {
    void* tag = nullptr;
    bool ok = false;
    const absl::Time next = more ? absl::UnixEpoch() : tasks_.next_timer();
    const auto until =
        next == absl::InfiniteFuture() ? std::chrono::system_clock::time_point::max() : absl::ToChronoTime(next);
    const grpc::CompletionQueue::NextStatus status = queue_->AsyncNext(&tag, &ok, until);
    if (status == grpc::CompletionQueue::SHUTDOWN) return;
    const auto begin = std::chrono::steady_clock::now();
    if (status == grpc::CompletionQueue::GOT_EVENT) static_cast<Event*>(tag)->Proceed(ok);
    more = tasks_.Run();
    busy_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
}

void CallLoop::CallEnds() {
  --calls_;
  ShutDownWhenEmpty();
}

void CallLoop::ShutDownWhenEmpty() {
  if (!stopping_ || calls_ > 0) return;
  // No call begins an operation any more, and no alarm is set.
  tasks_.Detach();
  queue_->Shutdown();
}

void CallLoop::Stop() {
  if (!thread_.joinable()) return;
  tasks_.Post([this] {
    stopping_ = true;
    ShutDownWhenEmpty();
  });
  thread_.join();
}

}  // namespace logistics::rpc
