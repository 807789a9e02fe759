#include "rpc/orders/order_stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rpc/call/timestamps.hpp"
#include "rpc/orders/order_conversions.hpp"
#include "rpc/streams/stream_reactor.hpp"

namespace logistics::rpc {
namespace {

class OrderSource {
 public:
  using Event = ::order::OrderStatusEvent;
  using Request = ::order::StreamOrderUpdatesRequest;

  OrderSource(service::OrderUpdates& updates, const ports::Clock& clock) : updates_(&updates), clock_(&clock) {}

  absl::Status Open(const Request& request, std::function<void()> wake) {
    absl::StatusOr<std::shared_ptr<service::OrderFeed>> feed =
        updates_->Subscribe(UpdatesRequestFrom(request), std::move(wake));
    if (!feed.ok()) return feed.status();
    feed_ = *std::move(feed);
    return absl::OkStatus();
  }
  bool Next(Event& event) {
    const std::optional<service::OrderUpdate> update = feed_->Next();
    if (!update) return false;
    FillOrderUpdate(*update, event);
    // An event with nothing but a token bears the present time: how fresh the token is.
    if (update->change == nullptr) FillTimestamp(clock_->Now(), *event.mutable_timestamp());
    return true;
  }
  std::optional<StreamEnd> Ended() const {
    std::optional<service::OrderFeedEnd> end = feed_->Ended();
    return end ? std::optional(StreamEnd{std::move(end->status), std::move(end->resume_token)}) : std::nullopt;
  }
  void Close() { updates_->Unsubscribe(feed_); }

 private:
  service::OrderUpdates* updates_;
  const ports::Clock* clock_;
  std::shared_ptr<service::OrderFeed> feed_;
};

}  // namespace

OrderStreams::OrderStreams(service::OrderUpdates& updates, const ports::Clock& clock, CallRuntime& runtime)
    : updates_(updates),
      clock_(clock),
      runtime_(runtime),
      method_("order.OrderService/StreamOrderUpdates", runtime.metrics()) {}

grpc::ServerWriteReactor<::order::OrderStatusEvent>* OrderStreams::Open(grpc::CallbackServerContext& context,
                                                                        grpc::ByteBuffer& request) {
  return StreamReactor<OrderSource>::Start(OrderSource(updates_, clock_), runtime_, method_, context, request);
}

}  // namespace logistics::rpc
