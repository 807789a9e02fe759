#include "logistics/service/streams/stock_updates.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/streams/errors.hpp"
#include "service/streams/level_filter.hpp"
#include "service/streams/stock_stream.hpp"

namespace logistics::service {
namespace {

// Reads for streams that are not live, between two looks at what the live ones need.
constexpr int kCatchUpReadsATurn = 8;

}  // namespace

StockUpdates::StockUpdates(ports::StockLog& log, ports::IdGenerator& ids, ports::Metrics& metrics,
                           const StockUpdatesOptions& options)
    : log_(log),
      ids_(ids),
      options_(options),
      tick_(StreamTick(options.idle_write_timeout, options.poll)),
      behind_(metrics.GetCounter("logistics_stock_streams_behind_total",
                                 "Streams of stock updates that were ended because their reader fell behind")),
      stalled_(metrics.GetCounter("logistics_stock_streams_stalled_total",
                                  "Streams of stock updates that were ended because nobody read them")) {}

StockUpdates::~StockUpdates() {
  Stop();
  thread_.request_stop();
}

void StockUpdates::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void StockUpdates::Wake() {
  {
    const std::lock_guard lock(mutex_);
    if (feeds_.empty()) return;
    woken_ = true;
  }
  changed_.notify_one();
}

absl::StatusOr<std::shared_ptr<StockFeed>> StockUpdates::Subscribe(const std::vector<std::string>& item_ids,
                                                                   const std::vector<std::string>& location_ids,
                                                                   std::function<void()> wake) {
  absl::StatusOr<ports::StockScope> scope = CheckLevelFilter(item_ids, location_ids);
  if (!scope.ok()) return scope.status();
  auto stream = std::make_shared<StockStream>(*std::move(scope));
  // The reader of the feed, who causes refills, unsubscribes before the hub goes.
  auto refill = [this, weak = std::weak_ptr(stream)] {
    if (const StreamPtr refilled = weak.lock()) Refill(refilled);
  };
  auto feed =
      std::make_shared<StockFeed>(static_cast<std::size_t>(options_.buffer), std::move(wake), std::move(refill));
  stream->SetFeed(feed);
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return ShuttingDown();
    if (feeds_.size() >= static_cast<std::size_t>(options_.streams_max)) return TooManyStreams(options_.streams_max);
    feeds_.insert(feed);
    ready_.push_back(std::move(stream));
  }
  changed_.notify_one();
  return feed;
}

void StockUpdates::Refill(const StreamPtr& stream) {
  {
    const std::lock_guard lock(mutex_);
    ready_.push_back(stream);
  }
  changed_.notify_one();
}

void StockUpdates::Unsubscribe(const std::shared_ptr<StockFeed>& feed) {
  {
    const std::lock_guard lock(mutex_);
    if (feeds_.erase(feed) == 0) return;
    leaving_.push_back(feed);
  }
  changed_.notify_one();
}

void StockUpdates::Stop() {
  std::vector<std::shared_ptr<StockFeed>> feeds;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    feeds.assign(feeds_.begin(), feeds_.end());
  }
  // Without the lock: a stream that is woken may leave at once.
  for (const auto& feed : feeds) feed->End(ShuttingDown());
}

void StockUpdates::Loop(const std::stop_token& stop) {
  bool readable = true;
  while (AwaitTurn(stop, readable)) {
    TakeStreams();
    const bool caught_up = CatchUp(stop);
    readable = ReadOn(stop) && caught_up;
    EndIdleStreams();
  }
}

bool StockUpdates::AwaitTurn(const std::stop_token& stop, bool readable) {
  std::unique_lock lock(mutex_);
  const auto has_work = [&] {
    return (readable && (woken_ || !catching_up_.empty())) || !ready_.empty() || !leaving_.empty();
  };
  if (streams_.empty()) {
    changed_.wait(lock, stop, has_work);
  } else {
    changed_.wait_for(lock, stop, tick_, has_work);
  }
  woken_ = false;
  return !stop.stop_requested();
}

void StockUpdates::TakeStreams() {
  std::vector<StreamPtr> ready;
  std::vector<std::shared_ptr<StockFeed>> leaving;
  {
    const std::lock_guard lock(mutex_);
    ready.swap(ready_);
    leaving.swap(leaving_);
  }
  for (StreamPtr& stream : ready) {
    // A stream that is gone before it began leaves in this turn or in the next.
    if (stream->gone || stream->live || stream->queued || stream->feed().ended()) continue;
    streams_.emplace(&stream->feed(), stream);
    stream->queued = true;
    catching_up_.push_back(std::move(stream));
  }
  for (const auto& feed : leaving) Leave(feed.get());
  if (streams_.empty()) head_.reset();  // the next stream begins at the database's present
}

void StockUpdates::Leave(const StockFeed* feed) {
  const auto found = streams_.find(feed);
  if (found == streams_.end()) return;
  StockStream& stream = *found->second;
  stream.gone = true;
  if (stream.live) index_.Remove(&stream, stream.products());
  streams_.erase(found);
}

bool StockUpdates::CatchUp(const std::stop_token& stop) {
  for (int reads = 0; reads < kCatchUpReadsATurn && !catching_up_.empty() && !stop.stop_requested(); ++reads) {
    const StreamPtr stream = std::move(catching_up_.front());
    catching_up_.pop_front();
    stream->queued = false;
    if (stream->gone) continue;
    const bool first = !head_;
    const absl::StatusOr<StockStream::Step> step = stream->FillOnce(log_, ids_, options_, head_, first ? 0 : position_);
    if (first && head_) position_ = head_->number;
    const bool unavailable = absl::IsUnavailable(step.status()) || absl::IsDeadlineExceeded(step.status());
    if (!step.ok() && !(stream->begun() && unavailable)) {
      stream->feed().End(step.status());
      continue;
    }
    if (!step.ok() || *step == StockStream::Step::kGoOn) {
      stream->queued = true;
      catching_up_.push_back(stream);
    }
    if (!step.ok()) return false;
    if (*step == StockStream::Step::kReplaced) EndTerm();
    if (*step == StockStream::Step::kCaughtUp) {
      stream->live = true;
      index_.Add(stream.get(), stream->products());
    }
  }
  return true;
}

bool StockUpdates::ReadOn(const std::stop_token& stop) {
  for (bool more = head_.has_value(); more && !stop.stop_requested();) {
    const absl::StatusOr<ports::StockChanges> page =
        log_.ReadAfter(position_, options_.commits_page, StreamReadContext());
    if (!page.ok()) return false;  // the position stays, and the changes are read later
    if (!ports::IsSameLog(*head_, page->head, position_)) {
      EndTerm();
      return true;
    }
    for (const ports::StockChange& change : page->changes) FanOut(change);
    position_ = page->position;
    more = page->more;
  }
  return true;
}

void StockUpdates::FanOut(const ports::StockChange& change) {
  std::shared_ptr<const StockUpdate> update;  // made for the first stream that wants it, and shared by all
  index_.ForEach({change.level.key.product_id}, [&](StockStream& stream) {
    if (!stream.Wants(change)) return;
    if (!update) update = std::make_shared<const StockUpdate>(StockUpdate{false, change.id, change.level});
    const Offered offered = stream.feed().Offer(update);
    if (offered == Offered::kFirst) stream.feed().Wake();
    if (offered != Offered::kFull) return;
    behind_.Increment();
    stream.feed().End(
        StreamExhausted(absl::StrCat("more than ", options_.buffer,
                                     " updates wait for the reader; connect again, the stream begins with the present "
                                     "levels")));
  });
}

// Numbers name other commits now, and levels may be gone: no stream can go on.
void StockUpdates::EndTerm() {
  for (const auto& [feed, stream] : streams_) {
    if (stream->live) index_.Remove(stream.get(), stream->products());
    stream->gone = true;
    stream->feed().End(StreamUnavailable(
        "the database was replaced by another state of it; connect again, the stream begins with the present levels"));
  }
  streams_.clear();
  catching_up_.clear();
  head_.reset();
}

void StockUpdates::EndIdleStreams() {
  const auto now = StockFeed::Clock::now();
  const auto patience = absl::ToChronoNanoseconds(options_.idle_write_timeout);
  for (const auto& [feed, stream] : streams_) {
    const auto stalled_since = stream->feed().StalledSince();
    if (!stalled_since || now - *stalled_since < patience) continue;
    stalled_.Increment();
    stream->feed().End(NothingRead(options_.idle_write_timeout, "connect again"));
  }
}

}  // namespace logistics::service
