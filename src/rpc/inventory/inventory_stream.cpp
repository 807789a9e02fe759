#include "rpc/inventory/inventory_stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rpc/inventory/inventory_conversions.hpp"
#include "rpc/streams/stream_reactor.hpp"

namespace logistics::rpc {
namespace {

class StockSource {
 public:
  using Event = ::inventory::InventoryUpdateEvent;
  using Request = ::inventory::StreamInventoryUpdatesRequest;

  explicit StockSource(service::StockUpdates& updates) : updates_(&updates) {}

  absl::Status Open(const Request& request, std::function<void()> wake) {
    absl::StatusOr<std::shared_ptr<service::StockFeed>> feed =
        updates_->Subscribe({request.item_ids().begin(), request.item_ids().end()},
                            {request.location_ids().begin(), request.location_ids().end()}, std::move(wake));
    if (!feed.ok()) return feed.status();
    feed_ = *std::move(feed);
    return absl::OkStatus();
  }
  bool Next(Event& event) {
    const auto update = feed_->Next();
    if (update) FillUpdate(**update, event);
    return update.has_value();
  }
  std::optional<StreamEnd> Ended() const {
    auto end = feed_->Ended();
    return end ? std::optional(StreamEnd{std::move(end->status), ""}) : std::nullopt;
  }
  void Close() { updates_->Unsubscribe(feed_); }

 private:
  service::StockUpdates* updates_;
  std::shared_ptr<service::StockFeed> feed_;
};

}  // namespace

InventoryStreams::InventoryStreams(service::StockUpdates& updates, CallRuntime& runtime)
    : updates_(updates),
      runtime_(runtime),
      method_("inventory.InventoryService/StreamInventoryUpdates", runtime.metrics()) {}

grpc::ServerWriteReactor<::inventory::InventoryUpdateEvent>* InventoryStreams::Open(
    grpc::CallbackServerContext& context, grpc::ByteBuffer& request) {
  return StreamReactor<StockSource>::Start(StockSource(updates_), runtime_, method_, context, request);
}

}  // namespace logistics::rpc
