#include "rpc/orders/order_stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rpc/call/timestamps.hpp"
#include "rpc/orders/order_conversions.hpp"
#include "rpc/streams/stream_call.hpp"

namespace logistics::rpc {
namespace {

class OrderSource final : public StreamSource {
 public:
  OrderSource(service::OrderUpdates& updates, const ports::Clock& clock) : updates_(updates), clock_(clock) {}

  absl::Status Open(absl::FunctionRef<absl::Status(google::protobuf::Message& request)> read,
                    std::function<void()> wake) override {
    ::order::StreamOrderUpdatesRequest request;
    if (absl::Status status = read(request); !status.ok()) return status;
    absl::StatusOr<std::shared_ptr<service::OrderFeed>> feed =
        updates_.Subscribe(UpdatesRequestFrom(request), std::move(wake));
    if (!feed.ok()) return feed.status();
    feed_ = *std::move(feed);
    return absl::OkStatus();
  }
  const google::protobuf::MessageLite* Next() override {
    const std::optional<service::OrderUpdate> update = feed_->Next();
    if (!update) return nullptr;
    event_.Clear();
    FillOrderUpdate(*update, event_);
    // An event with nothing but a token bears the present time: how fresh the token is.
    if (update->change == nullptr) FillTimestamp(clock_.Now(), *event_.mutable_timestamp());
    return &event_;
  }
  std::optional<StreamEnd> Ended() const override {
    std::optional<service::OrderFeedEnd> end = feed_->Ended();
    return end ? std::optional(StreamEnd{std::move(end->status), std::move(end->resume_token)}) : std::nullopt;
  }
  void Close() override { updates_.Unsubscribe(feed_); }

 private:
  service::OrderUpdates& updates_;
  const ports::Clock& clock_;
  std::shared_ptr<service::OrderFeed> feed_;
  ::order::OrderStatusEvent event_;
};

}  // namespace

OrderStreams::OrderStreams(service::OrderUpdates& updates, const ports::Clock& clock, CallRuntime& runtime)
    : updates_(updates),
      clock_(clock),
      runtime_(runtime),
      method_("order.OrderService/StreamOrderUpdates", runtime.metrics()) {}

std::shared_ptr<ByteCall> OrderStreams::NewCall() {
  return std::make_shared<StreamCall>(std::make_unique<OrderSource>(updates_, clock_), runtime_, method_);
}

}  // namespace logistics::rpc
