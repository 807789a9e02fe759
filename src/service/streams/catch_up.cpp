#include "service/streams/catch_up.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/streams/errors.hpp"

namespace logistics::service {
namespace {

constexpr std::chrono::milliseconds kPauseWhileUnavailable{200};

absl::Status OutOfRange(absl::string_view why) {
  return absl::OutOfRangeError(absl::StrCat("resume_token: ", why,
                                            "; begin anew without it, with include_snapshot for the orders as they "
                                            "stand"));
}

}  // namespace

void CatchUp::Start() {
  for (int i = 0; i < options_.readers; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Loop(stop); });
  }
}

void CatchUp::RequestStop() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void CatchUp::Enqueue(const OrderStreamPtr& stream) {
  const std::lock_guard lock(mutex_);
  EnqueueLocked(stream);
}

void CatchUp::EnqueueLocked(const OrderStreamPtr& stream) {
  using Turn = OrderStream::Turn;
  if (stream->turn == Turn::kFilling) stream->turn = Turn::kFillingAndQueued;
  if (stream->turn != Turn::kNone) return;
  stream->turn = Turn::kQueued;
  queue_.push_back(stream);
  enqueued_.notify_one();
}

void CatchUp::Loop(const std::stop_token& stop) {
  while (const OrderStreamPtr stream = AwaitStream(stop)) {
    const Step step = streams_.AwaitReady(stop) ? Fill(*stream, stop) : Step::kDone;
    Release(stream, step, stop);
  }
}

OrderStreamPtr CatchUp::AwaitStream(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  enqueued_.wait(lock, stop, [this] { return !queue_.empty(); });
  if (stop.stop_requested()) return nullptr;
  OrderStreamPtr stream = std::move(queue_.front());
  queue_.pop_front();
  stream->turn = OrderStream::Turn::kFilling;
  return stream;
}

void CatchUp::Release(const OrderStreamPtr& stream, Step step, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (step == Step::kLater) enqueued_.wait_for(lock, stop, kPauseWhileUnavailable, [] { return false; });
  const bool again = stream->turn == OrderStream::Turn::kFillingAndQueued;
  stream->turn = OrderStream::Turn::kNone;
  if (again || step == Step::kGoOn || step == Step::kLater) EnqueueLocked(stream);
}

bool CatchUp::OthersWait() {
  const std::lock_guard lock(mutex_);
  return !queue_.empty();
}

CatchUp::Step CatchUp::Fill(OrderStream& stream, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Step step = FillOnce(stream);
    // A stream that has far to go does not keep the others waiting.
    if (step != Step::kGoOn || OthersWait()) return step;
  }
  return Step::kDone;
}

CatchUp::Step CatchUp::FillOnce(OrderStream& stream) {
  if (stream.feed->items().ended()) return Step::kDone;
  switch (stream.phase) {
    case OrderStream::Phase::kJoin:
      return Join(stream);
    case OrderStream::Phase::kSnapshot:
      return OfferStates(stream);
    case OrderStream::Phase::kChanges:
      return OfferChanges(stream);
  }
  return Step::kDone;
}

CatchUp::Step CatchUp::Join(OrderStream& stream) {
  const std::optional<ResumePoint> live = streams_.LivePoint();
  if (!live) return Step::kLater;
  stream.feed->Identify(live->database_id, live->timeline);
  if (stream.from) return Resume(stream, *stream.from, *live);
  stream.place = live->place;
  // A stream of one order reads that order's state even when it emits none: the order must exist.
  const bool read_states = stream.include_snapshot || stream.scope.order_id;
  stream.phase = read_states ? OrderStream::Phase::kSnapshot : OrderStream::Phase::kChanges;
  return Step::kGoOn;
}

CatchUp::Step CatchUp::Resume(OrderStream& stream, const ResumePoint& from, const ResumePoint& live) {
  if (from.database_id != live.database_id) return End(stream, OutOfRange("it is of another database"));
  if (live.committed_at - from.committed_at > options_.resume_window) {
    return End(stream, OutOfRange(absl::StrCat("it is older than the ", absl::FormatDuration(options_.resume_window),
                                               " that can be gone back (stream.resume_window)")));
  }
  ports::LogPlace place = from.place;
  if (from.timeline != live.timeline) {
    if (from.timeline > live.timeline) return End(stream, OutOfRange("it is ahead of this database"));
    // The lost timeline may have had commits that this one has not; their numbers were given out again since.
    const absl::StatusOr<std::int64_t> number =
        log_.NumberBefore(from.committed_at - options_.failover_margin, from.place.number, StreamReadContext());
    if (!number.ok()) return EndOrRetry(stream, number.status());
    place = ports::LogPlace::AfterCommit(*number);
  } else if (place.number > live.place.number) {
    // Another replica may have read further than this one.
    const absl::StatusOr<ports::LogHead> head = log_.Head(StreamReadContext());
    if (!head.ok()) return EndOrRetry(stream, head.status());
    if (place.number > head->number) return End(stream, OutOfRange("it is ahead of this database"));
  }
  if (from.timeline == live.timeline && from.stamp && place.number > 0) {
    // A dump that was restored goes on with the same identity, and gives numbers out again.
    absl::StatusOr<std::optional<absl::Time>> stamp = streams_.StampOf(place.number);
    if (!*stamp) stamp = log_.CommittedAt(place.number, StreamReadContext());
    if (!stamp.ok()) return EndOrRetry(stream, stamp.status());
    if (*stamp != from.stamp) return End(stream, OutOfRange("it is of a state of this database before a restore"));
  }
  stream.place = place;
  stream.phase = OrderStream::Phase::kChanges;
  return Step::kGoOn;
}

CatchUp::Step CatchUp::OfferStates(OrderStream& stream) {
  Feed<OrderFeedItem>& items = stream.feed->items();
  const std::size_t room = items.Room();
  if (room == 0) return Step::kParked;
  const int limit = std::min(static_cast<int>(room), options_.page);
  const absl::StatusOr<ports::OrderStates> page = log_.States(stream.scope, stream.after, limit, StreamReadContext());
  if (!page.ok()) return EndOrRetry(stream, page.status());
  if (!std::exchange(stream.snapshot_begun, true)) {
    stream.place = ports::LogPlace::AfterCommit(page->number);
    if (stream.scope.order_id && page->orders.empty()) {
      return End(stream, absl::NotFoundError(absl::StrCat("no order ", stream.scope.order_id->ToString())));
    }
  }
  bool wake = false;
  if (stream.include_snapshot) {
    for (const auto& state : page->orders) wake |= items.Offer({state, true, {}, {}}) == Offered::kFirst;
  }
  stream.after = page->next;
  if (!stream.after) stream.phase = OrderStream::Phase::kChanges;
  if (wake) items.Wake();
  return Step::kGoOn;
}

CatchUp::Step CatchUp::OfferChanges(OrderStream& stream) {
  switch (streams_.OfferRecent(stream)) {
    case StreamRegistry::FromRecent::kLive:
      return Step::kDone;
    case StreamRegistry::FromRecent::kMore:
      return Step::kGoOn;
    case StreamRegistry::FromRecent::kFull:
      return Step::kParked;
    case StreamRegistry::FromRecent::kTooFar:
      return OfferFromDatabase(stream);
    case StreamRegistry::FromRecent::kNotReady:
      return Step::kLater;
  }
  return Step::kDone;
}

CatchUp::Step CatchUp::OfferFromDatabase(OrderStream& stream) {
  Feed<OrderFeedItem>& items = stream.feed->items();
  if (items.Room() == 0) return Step::kParked;
  const absl::StatusOr<ports::OrderChanges> page =
      log_.ReadAfter(stream.scope, stream.place, options_.page, StreamReadContext());
  if (!page.ok()) return EndOrRetry(stream, page.status());
  bool wake = false;
  bool full = false;
  for (auto change = page->changes.begin(); change != page->changes.end() && !full; ++change) {
    const Offered offered = stream.Offer(*change);
    wake |= offered == Offered::kFirst;
    full = offered == Offered::kFull;
  }
  if (!full) stream.place = page->place;
  if (wake) items.Wake();
  return full ? Step::kParked : Step::kGoOn;
}

CatchUp::Step CatchUp::End(OrderStream& stream, const absl::Status& status) {
  stream.feed->items().End(status);
  return Step::kDone;
}

// A stream waits while the database is unavailable; any other error would only come again.
CatchUp::Step CatchUp::EndOrRetry(OrderStream& stream, const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return Step::kLater;
  if (absl::IsOutOfRange(status)) return End(stream, OutOfRange(status.message()));
  return End(stream, status);
}

}  // namespace logistics::service
