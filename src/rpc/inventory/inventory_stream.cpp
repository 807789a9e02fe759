#include "rpc/inventory/inventory_stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rpc/inventory/inventory_conversions.hpp"
#include "rpc/streams/stream_call.hpp"

namespace logistics::rpc {
namespace {

class StockSource final : public StreamSource {
 public:
  explicit StockSource(service::StockUpdates& updates) : updates_(updates) {}

  absl::Status Open(absl::FunctionRef<absl::Status(google::protobuf::Message& request)> read,
                    std::function<void()> wake) override {
    ::inventory::StreamInventoryUpdatesRequest request;
    if (absl::Status status = read(request); !status.ok()) return status;
    absl::StatusOr<std::shared_ptr<service::StockFeed>> feed =
        updates_.Subscribe({request.item_ids().begin(), request.item_ids().end()},
                           {request.location_ids().begin(), request.location_ids().end()}, std::move(wake));
    if (!feed.ok()) return feed.status();
    feed_ = *std::move(feed);
    return absl::OkStatus();
  }
  const google::protobuf::MessageLite* Next() override {
    const auto update = feed_->Next();
    if (!update) return nullptr;
    event_.Clear();
    FillUpdate(**update, event_);
    return &event_;
  }
  std::optional<StreamEnd> Ended() const override {
    auto end = feed_->Ended();
    return end ? std::optional(StreamEnd{std::move(end->status), ""}) : std::nullopt;
  }
  void Close() override { updates_.Unsubscribe(feed_); }

 private:
  service::StockUpdates& updates_;
  std::shared_ptr<service::StockFeed> feed_;
  ::inventory::InventoryUpdateEvent event_;
};

}  // namespace

InventoryStreams::InventoryStreams(service::StockUpdates& updates, CallRuntime& runtime)
    : updates_(updates),
      runtime_(runtime),
      method_("inventory.InventoryService/StreamInventoryUpdates", runtime.metrics()) {}

std::shared_ptr<ByteCall> InventoryStreams::NewCall() {
  return std::make_shared<StreamCall>(std::make_unique<StockSource>(updates_), runtime_, method_);
}

}  // namespace logistics::rpc
