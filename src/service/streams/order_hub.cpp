#include "service/streams/order_hub.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "logistics/domain/errors.hpp"

namespace logistics::service {
namespace {

BufferedFeed::Clock::duration TickOf(const OrderUpdatesOptions& options) {
  const absl::Duration quarter = std::min(options.heartbeat, options.idle_write_timeout) / 4;
  return absl::ToChronoNanoseconds(std::max(std::min(quarter, options.poll), absl::Milliseconds(1)));
}

}  // namespace

OrderUpdates::Hub::Hub(ports::OrderLog& log, ports::Metrics& metrics, const OrderUpdatesOptions& options)
    : log_(log),
      options_(options),
      tick_(TickOf(options)),
      lagged_(metrics.GetCounter("logistics_order_streams_behind_total",
                                 "Times that the reader of a stream of order updates fell behind")),
      stalled_(metrics.GetCounter("logistics_order_streams_stalled_total",
                                  "Streams of order updates that were ended because nobody read them")),
      behind_(metrics.GetGauge("logistics_order_streams_behind", "Streams of order updates that are not live yet")),
      recent_(static_cast<std::size_t>(options.recent_max)) {}

OrderUpdates::Hub::~Hub() {
  Stop();
  thread_.request_stop();
  for (std::jthread& filler : fillers_) filler.request_stop();
}

void OrderUpdates::Hub::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
  for (int i = 0; i < options_.readers; ++i) {
    fillers_.emplace_back([this](const std::stop_token& stop) { FillLoop(stop); });
  }
}

void OrderUpdates::Hub::Wake() {
  {
    const std::lock_guard lock(mutex_);
    if (streams_.empty()) return;
    woken_ = true;
  }
  changed_.notify_one();
}

absl::StatusOr<std::shared_ptr<OrderFeed>> OrderUpdates::Hub::Subscribe(const ports::OrderScope& scope,
                                                                        std::optional<ResumePoint> from,
                                                                        bool include_snapshot,
                                                                        std::function<void()> wake) {
  auto stream = std::make_shared<Stream>();
  // The feed is told that there is room by its reader, who unsubscribes before the hub goes.
  const auto self = std::make_shared<const BufferedFeed*>(nullptr);
  stream->feed = std::make_shared<BufferedFeed>(scope, static_cast<std::size_t>(options_.buffer), std::move(wake),
                                                [this, self] { QueueAgain(*self); });
  *self = stream->feed.get();
  stream->from = from;
  stream->include_snapshot = include_snapshot;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the server is shutting down", kComeAgain);
    }
    if (streams_.size() >= static_cast<std::size_t>(options_.streams_max)) {
      return domain::RetryLaterError(absl::StatusCode::kResourceExhausted,
                                     absl::StrCat("too many streams at once, at most ", options_.streams_max),
                                     kComeAgain);
    }
    streams_.emplace(stream->feed.get(), stream);
    Queue(stream);
  }
  changed_.notify_one();
  return stream->feed;
}

void OrderUpdates::Hub::Unsubscribe(const std::shared_ptr<OrderFeed>& feed) {
  StreamPtr stream;
  {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(feed.get());
    if (found == streams_.end()) return;
    stream = std::move(found->second);
    streams_.erase(found);
    stream->gone = true;
    if (stream->phase == Stream::Phase::kLive) index_.Remove(stream.get(), KeysOf(stream->feed->scope()));
    if (streams_.empty()) {
      idle_ = true;  // the next stream begins at the database's present, wherever reading stood
      ready_ = false;
    }
  }
  changed_.notify_one();
  stream->feed->End(absl::CancelledError("the stream is over"));
}

void OrderUpdates::Hub::Stop() {
  std::vector<StreamPtr> streams;
  std::optional<ResumePoint> live;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    for (const auto& entry : streams_) streams.push_back(entry.second);
    live = LivePoint();
  }
  const absl::Status status = domain::RetryLaterError(
      absl::StatusCode::kUnavailable, "the server is shutting down; go on elsewhere with the resume token", kComeAgain);
  // Without the lock: a stream that is woken may leave at once.
  for (const StreamPtr& stream : streams) EndStream(*stream, status, live);
}

void OrderUpdates::Hub::EndStream(Stream& stream, const absl::Status& status, const std::optional<ResumePoint>& live) {
  std::optional<ResumePoint> at;
  {
    const std::lock_guard lock(mutex_);
    if (stream.phase == Stream::Phase::kLive) at = live;
  }
  stream.feed->End(status, at);
}

void OrderUpdates::Hub::LookAfterReaders() {
  const Clock::time_point now = Clock::now();
  const Clock::duration heartbeat = absl::ToChronoNanoseconds(options_.heartbeat);
  const Clock::duration patience = absl::ToChronoNanoseconds(options_.idle_write_timeout);
  std::vector<std::shared_ptr<BufferedFeed>> stalled;
  std::vector<std::shared_ptr<BufferedFeed>> woken;
  {
    const std::lock_guard lock(mutex_);
    std::size_t behind = 0;
    for (const auto& entry : streams_) {
      const Stream& stream = *entry.second;
      const bool live = stream.phase == Stream::Phase::kLive;
      if (!live) ++behind;
      const auto stalled_since = stream.feed->StalledSince();
      if (stalled_since && now - *stalled_since >= patience) stalled.push_back(stream.feed);
      const auto silent_since = stream.feed->SilentSince();
      if (live && silent_since && now - *silent_since >= heartbeat && OfferLiveToken(stream)) {
        woken.push_back(stream.feed);
      }
    }
    behind_.Set(static_cast<double>(behind));
  }
  for (const auto& feed : woken) feed->Wake();
  for (const auto& feed : stalled) {
    stalled_.Increment();
    feed->End(
        domain::RetryLaterError(absl::StatusCode::kResourceExhausted,
                                absl::StrCat("nothing was read for ", absl::FormatDuration(options_.idle_write_timeout),
                                             "; read faster, and go on with the resume token"),
                                kComeAgain));
  }
}

bool OrderUpdates::Hub::OfferLiveToken(const Stream& stream) {
  const std::optional<ResumePoint> live = LivePoint();
  if (!live) return false;
  const ports::LogPlace place = std::max(live->place, stream.feed->place());
  return stream.feed->OfferToken(place, live->committed_at) == BufferedFeed::Offered::kFirst;
}

std::optional<ResumePoint> OrderUpdates::Hub::LivePoint() const {
  if (!known_) return std::nullopt;
  return ResumePoint{known_->head.database_id, known_->head.timeline, recent_.end(), DatabaseNow()};
}

// What was read was committed before it was read; a token's time may be a little early, never late.
absl::Time OrderUpdates::Hub::DatabaseNow() const {
  return known_->head.now + absl::FromChrono(Clock::now() - known_->at);
}

ports::CallContext OrderUpdates::Hub::ReadContext() { return {"", "", absl::Now() + kReadTime}; }

std::vector<OrderUpdates::Hub::ScopeKey> OrderUpdates::Hub::KeysOf(const ports::OrderScope& scope) {
  if (scope.order_id) return {{ScopeKind::kOrder, scope.order_id->uuid()}};
  if (scope.customer_id) return {{ScopeKind::kCustomer, scope.customer_id->uuid()}};
  return {};
}

}  // namespace logistics::service
