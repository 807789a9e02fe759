// How a stream that has just come, resumes or fell behind gets to where the others are.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "service/streams/order_hub.hpp"

namespace logistics::service {
namespace {

constexpr std::chrono::milliseconds kTryAgain{200};

// Recent changes that are looked through in one go; in between the live ones are fanned out.
constexpr int kScanned = 1024;

bool IsOf(const ports::OrderScope& scope, const ports::OrderChange& change) {
  if (scope.order_id) return change.place.order_id == *scope.order_id;
  return !scope.customer_id || change.customer_id == *scope.customer_id;
}

absl::Status OutOfRange(std::string_view why) {
  return absl::OutOfRangeError(absl::StrCat("resume_token: ", std::string(why),
                                            "; begin anew without it, with include_snapshot for the orders as they "
                                            "stand"));
}

}  // namespace

void OrderUpdates::Hub::Queue(const StreamPtr& stream) {
  if (stream->gone || stream->waiting) return;
  if (stream->worked_on) {
    stream->again = true;
    return;
  }
  stream->waiting = true;
  lagging_.push_back(stream);
  lag_.notify_one();
}

void OrderUpdates::Hub::QueueAgain(const BufferedFeed* feed) {
  const std::lock_guard lock(mutex_);
  if (const auto found = streams_.find(feed); found != streams_.end()) Queue(found->second);
}

void OrderUpdates::Hub::FillLoop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    StreamPtr stream;
    {
      std::unique_lock lock(mutex_);
      if (!lag_.wait(lock, stop, [&] { return ready_ && !lagging_.empty(); })) return;
      stream = std::move(lagging_.front());
      lagging_.pop_front();
      stream->waiting = false;
      if (stream->gone) continue;
      stream->worked_on = true;
    }
    const Step step = Fill(*stream, stop);
    std::unique_lock lock(mutex_);
    if (step == Step::kLater) lag_.wait_for(lock, stop, kTryAgain, [] { return false; });
    stream->worked_on = false;
    if (std::exchange(stream->again, false) || step == Step::kGoOn || step == Step::kLater) Queue(stream);
  }
}

OrderUpdates::Hub::Step OrderUpdates::Hub::Fill(Stream& stream, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Step step = FillSome(stream);
    if (step != Step::kGoOn) return step;
    // One that has far to go does not keep the others waiting.
    const std::lock_guard lock(mutex_);
    if (!lagging_.empty()) return step;
  }
  return Step::kDone;
}

OrderUpdates::Hub::Step OrderUpdates::Hub::FillSome(Stream& stream) {
  if (stream.feed->ended()) return Step::kDone;
  switch (PhaseOf(stream)) {
    case Stream::Phase::kJoining:
      return Join(stream);
    case Stream::Phase::kSnapshot:
      return TellStates(stream);
    case Stream::Phase::kBehind: {
      const std::optional<Step> step = TellRecent(stream);
      return step ? *step : TellFromDatabase(stream);
    }
    case Stream::Phase::kLive:
      return Step::kDone;
  }
  return Step::kDone;
}

OrderUpdates::Hub::Step OrderUpdates::Hub::Join(Stream& stream) {
  std::optional<ResumePoint> live;
  {
    const std::lock_guard lock(mutex_);
    live = LivePoint();
    if (!ready_ || !live) return Step::kLater;
    stream.feed->Identify(live->database_id, live->timeline);
    if (!stream.from) {
      // An order has to be there, so it is looked for even when it need not be told.
      const bool look = stream.include_snapshot || stream.feed->scope().order_id;
      stream.feed->set_place(live->place);
      stream.phase = look ? Stream::Phase::kSnapshot : Stream::Phase::kBehind;
      return Step::kGoOn;
    }
  }
  return Resume(stream, *stream.from, *live);
}

OrderUpdates::Hub::Step OrderUpdates::Hub::Resume(Stream& stream, const ResumePoint& from, const ResumePoint& live) {
  if (from.database_id != live.database_id) return Refuse(stream, OutOfRange("it is of another database"));
  if (live.committed_at - from.committed_at > options_.resume_window) {
    return Refuse(stream, OutOfRange(absl::StrCat("it is older than the ", absl::FormatDuration(options_.resume_window),
                                                  " that can be gone back (stream.resume_window)")));
  }
  ports::LogPlace place = from.place;
  if (from.timeline != live.timeline) {
    if (from.timeline > live.timeline) return Refuse(stream, OutOfRange("it is ahead of this database"));
    // What the lost timeline had and this one has not bears numbers that were given out again since.
    const absl::StatusOr<std::int64_t> number =
        log_.NumberBefore(from.committed_at - options_.failover_margin, from.place.number, ReadContext());
    if (!number.ok()) return NotNow(stream, number.status());
    place = ports::LogPlace::AfterCommit(*number);
  } else if (place.number > live.place.number) {
    // Another replica may have read further than this one.
    const absl::StatusOr<ports::LogHead> head = log_.Head(ReadContext());
    if (!head.ok()) return NotNow(stream, head.status());
    if (place.number > head->number) return Refuse(stream, OutOfRange("it is ahead of this database"));
  }
  stream.feed->set_place(place);
  SetPhase(stream, Stream::Phase::kBehind);
  return Step::kGoOn;
}

OrderUpdates::Hub::Step OrderUpdates::Hub::TellStates(Stream& stream) {
  BufferedFeed& feed = *stream.feed;
  const std::size_t room = feed.Room();
  if (room == 0) return Step::kParked;
  const int limit = std::min(static_cast<int>(room), options_.page);
  const absl::StatusOr<ports::OrderStates> page = log_.States(feed.scope(), stream.after, limit, ReadContext());
  if (!page.ok()) return NotNow(stream, page.status());
  if (!std::exchange(stream.snapshot_begun, true)) {
    feed.set_place(ports::LogPlace::AfterCommit(page->number));
    if (feed.scope().order_id && page->orders.empty()) {
      return Refuse(stream, absl::NotFoundError(absl::StrCat("no order ", feed.scope().order_id->ToString())));
    }
  }
  bool first = false;
  for (const auto& state : page->orders) {
    if (stream.include_snapshot) first |= feed.OfferState(state) == BufferedFeed::Offered::kFirst;
  }
  stream.after = page->next;
  if (!stream.after) SetPhase(stream, Stream::Phase::kBehind);
  if (first) feed.Wake();
  return Step::kGoOn;
}

std::optional<OrderUpdates::Hub::Step> OrderUpdates::Hub::TellRecent(Stream& stream) {
  BufferedFeed& feed = *stream.feed;
  bool first = false;
  bool full = false;
  bool all = true;
  {
    const std::lock_guard lock(mutex_);
    if (!ready_) return Step::kLater;
    ports::LogPlace place = feed.place();
    if (place < recent_.begin()) return std::nullopt;
    int scanned = 0;
    recent_.ForEachAfter(place, [&](const std::shared_ptr<const ports::OrderChange>& change) {
      all = ++scanned <= kScanned;
      if (!all) return false;
      if (IsOf(feed.scope(), *change)) {
        const BufferedFeed::Offered offered = feed.OfferChange(change);
        first |= offered == BufferedFeed::Offered::kFirst;
        full = offered == BufferedFeed::Offered::kFull;
        if (full) return false;
      }
      place = change->place;
      return true;
    });
    if (all && !full) {
      feed.set_place(std::max(place, recent_.end()));
      first |= GoLive(stream);
    } else {
      feed.set_place(place);
    }
  }
  if (first) feed.Wake();
  if (full) return Step::kParked;
  return all ? Step::kDone : Step::kGoOn;
}

OrderUpdates::Hub::Step OrderUpdates::Hub::TellFromDatabase(Stream& stream) {
  BufferedFeed& feed = *stream.feed;
  if (feed.Room() == 0) return Step::kParked;
  const absl::StatusOr<ports::OrderChanges> page =
      log_.ReadAfter(feed.scope(), feed.place(), options_.page, ReadContext());
  if (!page.ok()) return NotNow(stream, page.status());
  bool first = false;
  for (const auto& change : page->changes) {
    const BufferedFeed::Offered offered = feed.OfferChange(change);
    if (offered == BufferedFeed::Offered::kFull) {
      if (first) feed.Wake();
      return Step::kParked;
    }
    first |= offered == BufferedFeed::Offered::kFirst;
  }
  feed.set_place(page->place);
  if (first) feed.Wake();
  return Step::kGoOn;
}

bool OrderUpdates::Hub::GoLive(Stream& stream) {
  if (stream.gone || stream.feed->ended()) return false;
  stream.phase = Stream::Phase::kLive;
  index_.Add(&stream, KeysOf(stream.feed->scope()));
  // So that it can resume before the first change comes.
  return !std::exchange(stream.greeted, true) && OfferLiveToken(stream);
}

OrderUpdates::Hub::Step OrderUpdates::Hub::Refuse(Stream& stream, const absl::Status& status) {
  stream.feed->End(status);
  return Step::kDone;
}

// Bad luck passes, and the stream waits; what cannot get better ends it.
OrderUpdates::Hub::Step OrderUpdates::Hub::NotNow(Stream& stream, const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return Step::kLater;
  return Refuse(stream, status);
}

OrderUpdates::Hub::Stream::Phase OrderUpdates::Hub::PhaseOf(const Stream& stream) {
  const std::lock_guard lock(mutex_);
  return stream.phase;
}

void OrderUpdates::Hub::SetPhase(Stream& stream, Stream::Phase phase) {
  const std::lock_guard lock(mutex_);
  stream.phase = phase;
}

}  // namespace logistics::service
