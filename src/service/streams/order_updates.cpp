#include "logistics/service/streams/order_updates.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "logistics/domain/errors.hpp"
#include "service/streams/catch_up.hpp"
#include "service/streams/live_reader.hpp"
#include "service/streams/stream_registry.hpp"

namespace logistics::service {
namespace {

constexpr char kNoUuid[] = "must be a UUID of 36 characters";

absl::StatusOr<OrderStreamPtr> StreamFor(const OrderUpdatesRequest& request) {
  std::vector<domain::FieldViolation> violations;
  auto stream = std::make_shared<OrderStream>();
  if (!request.customer_id.empty()) {
    stream->scope.customer_id = domain::CustomerId::Parse(request.customer_id);
    if (!stream->scope.customer_id) violations.push_back({"customer_id", kNoUuid});
  }
  if (!request.order_id.empty()) {
    stream->scope.order_id = domain::OrderId::Parse(request.order_id);
    if (!stream->scope.order_id) violations.push_back({"order_id", kNoUuid});
    if (!request.customer_id.empty()) {
      violations.push_back({"customer_id", "must be empty when order_id is given: one order or one customer"});
    }
  }
  if (!request.resume_token.empty()) {
    stream->from = DecodeResumeToken(request.resume_token);
    if (!stream->from)
      violations.push_back({"resume_token", "is not a token of this service, or was changed on its way"});
    if (request.include_snapshot) {
      violations.push_back({"include_snapshot", "must be false with a resume_token: a resumed stream misses nothing"});
    }
  }
  if (!violations.empty()) return domain::InvalidFieldsError(violations);
  stream->include_snapshot = request.include_snapshot;
  return stream;
}

}  // namespace

struct OrderUpdates::Parts {
  Parts(ports::OrderLog& log, ports::Metrics& metrics, const OrderUpdatesOptions& options)
      : feed_buffer(static_cast<std::size_t>(options.buffer)),
        streams(metrics, options),
        catch_up(log, streams, options),
        live(log, streams, options.page) {}

  const std::size_t feed_buffer;
  StreamRegistry streams;
  CatchUp catch_up;
  LiveReader live;
};

OrderUpdates::OrderUpdates(ports::OrderLog& log, ports::Metrics& metrics, const OrderUpdatesOptions& options)
    : parts_(std::make_unique<Parts>(log, metrics, options)) {}

OrderUpdates::~OrderUpdates() {
  Stop();
  parts_->live.RequestStop();
  parts_->catch_up.RequestStop();
}

void OrderUpdates::Start() {
  parts_->live.Start();
  parts_->catch_up.Start();
}

void OrderUpdates::Wake() { parts_->streams.Wake(); }
void OrderUpdates::Stop() { parts_->streams.Stop(); }

absl::StatusOr<std::shared_ptr<OrderFeed>> OrderUpdates::Subscribe(const OrderUpdatesRequest& request,
                                                                   std::function<void()> wake) {
  absl::StatusOr<OrderStreamPtr> stream = StreamFor(request);
  if (!stream.ok()) return stream.status();
  // The reader of the feed, who causes refills, unsubscribes before the hub goes.
  auto refill = [&catch_up = parts_->catch_up, weak = std::weak_ptr(*stream)] {
    if (const OrderStreamPtr refilled = weak.lock()) catch_up.Enqueue(refilled);
  };
  (*stream)->feed = std::make_shared<OrderFeed>(parts_->feed_buffer, std::move(wake), std::move(refill));
  if (const absl::Status added = parts_->streams.Add(*stream); !added.ok()) return added;
  parts_->catch_up.Enqueue(*stream);
  return (*stream)->feed;
}

void OrderUpdates::Unsubscribe(const std::shared_ptr<OrderFeed>& feed) { parts_->streams.Remove(*feed); }

}  // namespace logistics::service
