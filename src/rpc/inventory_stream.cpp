#include "rpc/inventory_stream.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rpc/inventory_conversions.hpp"

namespace logistics::rpc {
namespace {

using Event = ::inventory::InventoryUpdateEvent;
using Queue = service::StockUpdates::Queue;

// Keeps itself until gRPC is done with it. Woken by the hub, by a finished write or by the caller's going; whoever
// comes first takes the lock and does what is next.
class InventoryStream final : public grpc::ServerWriteReactor<Event>,
                              public std::enable_shared_from_this<InventoryStream> {
 public:
  InventoryStream(service::StockUpdates& updates, StreamScope scope) : updates_(updates), scope_(std::move(scope)) {}

  void Begin(const ::inventory::StreamInventoryUpdatesRequest& request) {
    const std::lock_guard lock(mutex_);
    self_ = shared_from_this();
    absl::StatusOr<std::shared_ptr<Queue>> queue =
        updates_.Subscribe({request.item_ids().begin(), request.item_ids().end()},
                           {request.location_ids().begin(), request.location_ids().end()},
                           // The hub may still speak while the stream ends.
                           [weak = weak_from_this()] {
                             if (const auto stream = weak.lock()) stream->Pump();
                           });
    if (!queue.ok()) {
      FinishLocked(queue.status());
      return;
    }
    queue_ = *std::move(queue);
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (!ok) FinishLocked(absl::CancelledError("the caller is gone"));
    }
    Pump();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    FinishLocked(absl::CancelledError("the caller is gone, or its deadline has passed"));
  }

  void OnDone() override {
    if (queue_ != nullptr) updates_.Unsubscribe(queue_);
    // Outside of the lock that it holds: this may be the last one that knows of it.
    std::shared_ptr<InventoryStream> self;
    {
      const std::lock_guard lock(mutex_);
      self = std::move(self_);
    }
  }

 private:
  void Pump() {
    const std::lock_guard lock(mutex_);
    if (queue_ == nullptr || writing_ || finished_) return;
    if (const std::optional<service::StockUpdate> update = queue_->Next()) {
      event_.Clear();
      FillUpdate(*update, event_);
      writing_ = true;
      StartWrite(&event_);
    } else if (const std::optional<absl::Status> end = queue_->Ended()) {
      FinishLocked(*end);
    }
  }

  // Requires mutex_. Only the first end counts.
  void FinishLocked(const absl::Status& status) {
    if (std::exchange(finished_, true)) return;
    Finish(scope_.Finish(status));
  }

  service::StockUpdates& updates_;
  std::mutex mutex_;
  StreamScope scope_;                      // guarded by mutex_
  std::shared_ptr<InventoryStream> self_;  // guarded by mutex_; until OnDone
  std::shared_ptr<Queue> queue_;           // guarded by mutex_ until it is set, then constant
  Event event_;                            // guarded by mutex_; gRPC's while writing_
  bool writing_ = false;                   // guarded by mutex_
  bool finished_ = false;                  // guarded by mutex_
};

}  // namespace

InventoryStreams::InventoryStreams(service::StockUpdates& updates, CallRuntime& runtime)
    : updates_(updates),
      runtime_(runtime),
      method_("inventory.InventoryService/StreamInventoryUpdates", runtime.metrics()) {}

grpc::ServerWriteReactor<Event>* InventoryStreams::Open(grpc::CallbackServerContext& context,
                                                        const ::inventory::StreamInventoryUpdatesRequest& request) {
  const auto stream = std::make_shared<InventoryStream>(updates_, StreamScope(runtime_, method_, context));
  stream->Begin(request);
  return stream.get();
}

}  // namespace logistics::rpc
