#include "service/streams/live_reader.hpp"

#include <algorithm>

#include "service/streams/errors.hpp"

namespace logistics::service {
namespace {

// How often the reader checks that the database is still the same. No failover is over sooner than that.
constexpr std::chrono::seconds kCheckEvery{1};

// Commits before the head that a term begins with, for streams that come back after a restart.
constexpr std::int64_t kCommitsBeforeHead = 1024;

}  // namespace

void LiveReader::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void LiveReader::Loop(const std::stop_token& stop) {
  bool readable = true;
  while (const std::optional<std::int64_t> term = streams_.AwaitTurn(stop, !readable)) {
    if (*term != term_) head_.reset();
    term_ = *term;
    readable = (head_ || Begin()) && ReadOn(stop);
    streams_.Supervise();
  }
}

bool LiveReader::Begin() {
  const absl::StatusOr<ports::LogHead> head = log_.Head(StreamReadContext());
  if (!head.ok()) return false;
  stamp_.reset();
  place_ = ports::LogPlace::AfterCommit(std::max(head->number - kCommitsBeforeHead, head->deleted_up_to));
  if (streams_.Begin(term_, *head, place_)) Know(*head);
  return true;
}

bool LiveReader::ReadOn(const std::stop_token& stop) {
  for (bool more = head_.has_value(); more && !stop.stop_requested();) {
    const absl::StatusOr<ports::OrderChanges> page = log_.ReadAfter({}, place_, page_, StreamReadContext());
    // The place stays, and the changes are read later. The database that answers then may be another.
    if (!page.ok()) check_ = true;
    if (absl::IsOutOfRange(page.status())) streams_.EndTerm(term_);
    if (!page.ok()) return false;
    if ((check_ || Clock::now() - checked_at_ >= kCheckEvery) && !IsSameDatabase()) return false;
    if (stamp_ && page->began_behind != stamp_) {
      streams_.EndTerm(term_);
      return false;
    }
    if (!streams_.FanOut(term_, *page)) return true;
    place_ = page->place;
    if (page->committed_at) stamp_ = page->committed_at;
    more = page->more;
  }
  return true;
}

bool LiveReader::IsSameDatabase() {
  const absl::StatusOr<ports::LogHead> head = log_.Head(StreamReadContext());
  if (!head.ok()) return false;
  if (!ports::IsSameLog(*head_, *head, place_.number)) {
    streams_.EndTerm(term_);
    return false;
  }
  if (streams_.Confirm(term_, *head)) Know(*head);
  return true;
}

void LiveReader::Know(const ports::LogHead& head) {
  head_ = head;
  checked_at_ = Clock::now();
  check_ = false;
}

}  // namespace logistics::service
