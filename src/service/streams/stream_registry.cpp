#include "service/streams/stream_registry.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "service/streams/errors.hpp"

namespace logistics::service {
namespace {

constexpr std::chrono::milliseconds kPauseAfterFailure{200};

// Changes that are fanned out, or looked through, under one lock; in between other threads get it.
constexpr int kFannedOutAtOnce = 128;
constexpr int kLookedThroughAtOnce = 1024;

bool IsOf(const ports::OrderScope& scope, const ports::OrderChange& change) {
  if (scope.order_id) return change.place.order_id == *scope.order_id;
  return !scope.customer_id || change.customer_id == *scope.customer_id;
}

}  // namespace

StreamRegistry::StreamRegistry(ports::Metrics& metrics, const OrderUpdatesOptions& options)
    : options_(options),
      tick_(StreamTick(std::min(options.heartbeat, options.idle_write_timeout), options.poll)),
      fell_behind_(metrics.GetCounter("logistics_order_streams_behind_total",
                                      "Times that the reader of a stream of order updates fell behind")),
      stalled_(metrics.GetCounter("logistics_order_streams_stalled_total",
                                  "Streams of order updates that were ended because nobody read them")),
      behind_(metrics.GetGauge("logistics_order_streams_behind", "Streams of order updates that are not live yet")),
      log_(static_cast<std::size_t>(options.recent_max)) {}

absl::Status StreamRegistry::Add(const OrderStreamPtr& stream) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return ShuttingDown();
    if (streams_.size() >= static_cast<std::size_t>(options_.streams_max)) return TooManyStreams(options_.streams_max);
    streams_.emplace(stream->feed.get(), stream);
  }
  changed_.notify_one();
  return absl::OkStatus();
}

void StreamRegistry::Remove(const OrderFeed& feed) {
  OrderStreamPtr stream;
  {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(&feed);
    if (found == streams_.end()) return;
    stream = std::move(found->second);
    streams_.erase(found);
    stream->gone = true;
    if (stream->live) index_.Remove(stream.get(), KeysOf(stream->scope));
    // The next stream begins at the database's present, wherever reading stood.
    if (streams_.empty()) CloseTerm();
  }
  stream->feed->items().End(absl::CancelledError("the stream is over"));
}

void StreamRegistry::Stop() {
  std::vector<Ending> endings;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    endings = Endings();
  }
  EndAll(endings, StreamUnavailable("the server is shutting down; go on elsewhere with the resume token"));
}

void StreamRegistry::Wake() {
  {
    const std::lock_guard lock(mutex_);
    if (streams_.empty()) return;
    woken_ = true;
  }
  changed_.notify_one();
}

std::optional<std::int64_t> StreamRegistry::AwaitTurn(const std::stop_token& stop, bool failed) {
  std::unique_lock lock(mutex_);
  if (failed) {
    changed_.wait_for(lock, stop, kPauseAfterFailure, [] { return false; });
  } else if (!streams_.empty()) {
    changed_.wait_for(lock, stop, tick_, [this] { return woken_ || !log_.begun(); });
  }
  changed_.wait(lock, stop, [this] { return !streams_.empty(); });
  if (stop.stop_requested()) return std::nullopt;
  woken_ = false;
  return term_;
}

bool StreamRegistry::Begin(std::int64_t term, const ports::LogHead& head, const ports::LogPlace& place) {
  const std::lock_guard lock(mutex_);
  if (term != term_) return false;
  log_.Begin(head, place);
  return true;
}

bool StreamRegistry::Confirm(std::int64_t term, const ports::LogHead& head) {
  const std::lock_guard lock(mutex_);
  if (term != term_) return false;
  log_.Confirm(head);
  return true;
}

bool StreamRegistry::FanOut(std::int64_t term, const ports::OrderChanges& page) {
  std::vector<std::shared_ptr<OrderFeed>> woken;
  auto next = page.changes.begin();
  for (bool more = true; more;) {
    woken.clear();
    {
      const std::lock_guard lock(mutex_);
      if (term != term_) return false;
      for (int i = 0; i < kFannedOutAtOnce && next != page.changes.end(); ++i, ++next) Publish(*next, woken);
      more = next != page.changes.end();
      if (!more && log_.MoveTo(page.place, page.committed_at)) became_ready_.notify_all();
    }
    for (const auto& feed : woken) feed->items().Wake();
  }
  return true;
}

void StreamRegistry::Publish(const std::shared_ptr<const ports::OrderChange>& change,
                             std::vector<std::shared_ptr<OrderFeed>>& woken) {
  std::vector<OrderStream*> full;
  const ScopeKey order(ScopeKind::kOrder, change->place.order_id.uuid());
  const ScopeKey customer(ScopeKind::kCustomer, change->customer_id.uuid());
  index_.ForEach({order, customer}, [&](OrderStream& stream) {
    const Offered offered = stream.Offer(change);
    if (offered == Offered::kFirst) woken.push_back(stream.feed);
    if (offered == Offered::kFull) full.push_back(&stream);
  });
  for (OrderStream* stream : full) FallBehind(*stream);
  log_.Append(change);
}

void StreamRegistry::FallBehind(OrderStream& stream) {
  fell_behind_.Increment();
  index_.Remove(&stream, KeysOf(stream.scope));
  stream.live = false;
  // It has what lies before the change that found no room.
  stream.place = std::max(stream.place, log_.end());
}

bool StreamRegistry::EndTerm(std::int64_t term) {
  std::vector<Ending> endings;
  {
    const std::lock_guard lock(mutex_);
    if (term != term_) return false;
    endings = Endings();
    CloseTerm();
  }
  EndAll(endings, StreamUnavailable("the database was replaced by another state of it; go on with the resume token"));
  return true;
}

void StreamRegistry::CloseTerm() {
  ++term_;
  log_.Close();
}

std::vector<StreamRegistry::Ending> StreamRegistry::Endings() const {
  const std::optional<ResumePoint> point = log_.Point();
  std::vector<Ending> endings;
  endings.reserve(streams_.size());
  for (const auto& [feed, stream] : streams_) {
    Ending ending{stream->feed, std::nullopt};
    if (stream->live && point)
      ending.present = OrderFeedItem{nullptr, false, point->place, point->committed_at, point->stamp};
    endings.push_back(std::move(ending));
  }
  return endings;
}

// Without the lock: a stream that is woken may leave at once.
void StreamRegistry::EndAll(const std::vector<Ending>& endings, const absl::Status& status) {
  for (const Ending& ending : endings) ending.feed->items().End(status, ending.present);
}

void StreamRegistry::Supervise() {
  const Clock::time_point now = Clock::now();
  const Clock::duration heartbeat = absl::ToChronoNanoseconds(options_.heartbeat);
  const Clock::duration patience = absl::ToChronoNanoseconds(options_.idle_write_timeout);
  std::vector<std::shared_ptr<OrderFeed>> stalled;
  std::vector<std::shared_ptr<OrderFeed>> woken;
  {
    const std::lock_guard lock(mutex_);
    std::size_t behind = 0;
    for (const auto& entry : streams_) {
      OrderStream& stream = *entry.second;
      if (!stream.live) ++behind;
      const auto stalled_since = stream.feed->items().StalledSince();
      if (stalled_since && now - *stalled_since >= patience) stalled.push_back(stream.feed);
      const auto silent_since = stream.feed->items().SilentSince();
      if (stream.live && silent_since && now - *silent_since >= heartbeat && OfferLiveToken(stream)) {
        woken.push_back(stream.feed);
      }
    }
    behind_.Set(static_cast<double>(behind));
  }
  for (const auto& feed : woken) feed->items().Wake();
  for (const auto& feed : stalled) {
    stalled_.Increment();
    feed->items().End(NothingRead(options_.idle_write_timeout, "go on with the resume token"));
  }
}

bool StreamRegistry::AwaitReady(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return became_ready_.wait(lock, stop, [this] { return log_.ready(); });
}

std::optional<ResumePoint> StreamRegistry::LivePoint() {
  const std::lock_guard lock(mutex_);
  return log_.ready() ? log_.Point() : std::nullopt;
}

std::optional<absl::Time> StreamRegistry::StampOf(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  return log_.ready() ? log_.StampOf(number) : std::nullopt;
}

StreamRegistry::FromRecent StreamRegistry::OfferRecent(OrderStream& stream) {
  bool wake = false;
  FromRecent result = FromRecent::kLive;
  {
    const std::lock_guard lock(mutex_);
    if (stream.live) return FromRecent::kLive;
    if (!log_.ready()) return FromRecent::kNotReady;
    if (stream.place < log_.begin()) return FromRecent::kTooFar;
    int looked_through = 0;
    log_.ForEachAfter(stream.place, [&](const std::shared_ptr<const ports::OrderChange>& change) {
      if (++looked_through > kLookedThroughAtOnce) {
        result = FromRecent::kMore;
        return false;
      }
      if (IsOf(stream.scope, *change)) {
        const Offered offered = stream.Offer(change);
        wake |= offered == Offered::kFirst;
        if (offered == Offered::kFull) {
          result = FromRecent::kFull;
          return false;
        }
      }
      stream.place = change->place;
      return true;
    });
    if (result == FromRecent::kLive) {
      stream.place = std::max(stream.place, log_.end());
      wake |= GoLive(stream);
    }
  }
  if (wake) stream.feed->items().Wake();
  return result;
}

bool StreamRegistry::GoLive(OrderStream& stream) {
  if (stream.gone || stream.feed->items().ended()) return false;
  stream.live = true;
  index_.Add(&stream, KeysOf(stream.scope));
  // So that it can resume before the first change comes.
  return !std::exchange(stream.has_token, true) && OfferLiveToken(stream);
}

bool StreamRegistry::OfferLiveToken(OrderStream& stream) {
  const std::optional<ResumePoint> point = log_.Point();
  if (!point) return false;
  // A snapshot may be ahead of the live reader; its commit is not known here.
  const bool ahead = stream.place > point->place;
  return stream.feed->items().Offer({nullptr, false, ahead ? stream.place : point->place, point->committed_at,
                                     ahead ? std::nullopt : point->stamp}) == Offered::kFirst;
}

std::vector<StreamRegistry::ScopeKey> StreamRegistry::KeysOf(const ports::OrderScope& scope) {
  if (scope.order_id) return {{ScopeKind::kOrder, scope.order_id->uuid()}};
  if (scope.customer_id) return {{ScopeKind::kCustomer, scope.customer_id->uuid()}};
  return {};
}

}  // namespace logistics::service
