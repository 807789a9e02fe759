// How the one order of changes is read, once for all streams, and fanned out to those that are live.
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "logistics/domain/errors.hpp"
#include "service/streams/order_hub.hpp"

namespace logistics::service {
namespace {

constexpr std::chrono::milliseconds kReadAgain{200};

// How often it is asked whether this is still the database that it was. No failover is over sooner than that.
constexpr std::chrono::seconds kLookEvery{1};

// Commits before the first stream that are read for those that come back after a restart.
constexpr std::int64_t kCommitsBefore = 1024;

// Changes that are fanned out in one go; in between others may come and go.
constexpr int kSlice = 128;

}  // namespace

void OrderUpdates::Hub::Loop(const std::stop_token& stop) {
  bool readable = true;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!readable) {
        changed_.wait_for(lock, stop, kReadAgain, [] { return false; });
      } else if (streams_.empty()) {
        changed_.wait(lock, stop, [&] { return idle_ || !streams_.empty(); });
      } else {
        changed_.wait_for(lock, stop, tick_, [&] { return woken_ || idle_ || !known_; });
      }
      woken_ = false;
      if (std::exchange(idle_, false)) known_.reset();
      if (streams_.empty()) {
        readable = true;
        continue;
      }
    }
    readable = known_ ? ReadOn(stop) : BeginReading() && ReadOn(stop);
    LookAfterReaders();
  }
}

bool OrderUpdates::Hub::BeginReading() {
  const absl::StatusOr<ports::LogHead> head = log_.Head(ReadContext());
  if (!head.ok()) return false;
  const std::lock_guard lock(mutex_);
  known_ = Known{*head, Clock::now()};
  ready_at_ = head->number;
  recent_.Begin(ports::LogPlace::AfterCommit(std::max<std::int64_t>(head->number - kCommitsBefore, 0)));
  return true;
}

bool OrderUpdates::Hub::ReadOn(const std::stop_token& stop) {
  for (bool more = true; more && !stop.stop_requested();) {
    const absl::StatusOr<ports::OrderChanges> page = log_.ReadAfter({}, recent_.end(), options_.page, ReadContext());
    // The place stays: nothing is lost, it is read later. What answers then may be another database.
    if (!page.ok()) look_ = true;
    if (!page.ok()) return false;
    if ((look_ || Clock::now() - known_->at >= kLookEvery) && !IsStillTheSame()) return false;
    FanOut(*page);
    more = page->more;
  }
  const std::lock_guard lock(mutex_);
  if (!ready_ && recent_.end().number >= ready_at_) {
    ready_ = true;
    lag_.notify_all();
  }
  return true;
}

bool OrderUpdates::Hub::IsStillTheSame() {
  const absl::StatusOr<ports::LogHead> head = log_.Head(ReadContext());
  if (!head.ok()) return false;
  if (head->database_id != known_->head.database_id || head->timeline != known_->head.timeline ||
      head->number < recent_.end().number) {
    StartOver();
    return false;
  }
  const std::lock_guard lock(mutex_);
  known_ = Known{*head, Clock::now()};
  look_ = false;
  return true;
}

void OrderUpdates::Hub::StartOver() {
  std::vector<StreamPtr> streams;
  std::optional<ResumePoint> live;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : streams_) streams.push_back(entry.second);
    live = LivePoint();
    known_.reset();
    ready_ = false;
    look_ = false;
  }
  const absl::Status status = domain::RetryLaterError(
      absl::StatusCode::kUnavailable, "the database was replaced by another state of it; go on with the resume token",
      kComeAgain);
  for (const StreamPtr& stream : streams) EndStream(*stream, status, live);
}

void OrderUpdates::Hub::FanOut(const ports::OrderChanges& page) {
  std::vector<Stream*> full;
  std::vector<std::shared_ptr<BufferedFeed>> woken;
  auto next = page.changes.begin();
  do {
    woken.clear();
    {
      const std::lock_guard lock(mutex_);
      for (int i = 0; i < kSlice && next != page.changes.end(); ++i, ++next) {
        const ports::OrderChange& change = **next;
        full.clear();
        index_.ForEach(
            {{ScopeKind::kOrder, change.place.order_id.uuid()}, {ScopeKind::kCustomer, change.customer_id.uuid()}},
            [&](Stream& stream) {
              const BufferedFeed::Offered offered = stream.feed->OfferChange(*next);
              if (offered == BufferedFeed::Offered::kFirst) woken.push_back(stream.feed);
              if (offered == BufferedFeed::Offered::kFull) full.push_back(&stream);
            });
        for (Stream* stream : full) FallBehind(*stream);
        recent_.Append(*next);
      }
      if (next == page.changes.end()) recent_.MoveTo(page.place);
    }
    for (const auto& feed : woken) feed->Wake();
  } while (next != page.changes.end());
}

void OrderUpdates::Hub::FallBehind(Stream& stream) {
  lagged_.Increment();
  index_.Remove(&stream, KeysOf(stream.feed->scope()));
  stream.phase = Stream::Phase::kBehind;
  // It has what lies before the change that found no room.
  stream.feed->set_place(std::max(stream.feed->place(), recent_.end()));
}

}  // namespace logistics::service
