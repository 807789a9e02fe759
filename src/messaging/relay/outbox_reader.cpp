#include "messaging/relay/outbox_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "messaging/relay/limits.hpp"

namespace logistics::messaging {
namespace {

using ports::OutboxMessage;

bool IsFull(const std::vector<OutboxMessage>& page, int rows) { return page.size() == static_cast<std::size_t>(rows); }

}  // namespace

OutboxReader::OutboxReader(Leadership& leadership, QuarantinedKeys& keys, const Options& options)
    : leadership_(leadership), keys_(keys), options_(options) {}

std::optional<ports::OutboxPosition> OutboxReader::Start(Time now) {
  unanswered_.clear();
  more_ = true;
  drained_ = false;
  pass_at_ = now;
  const auto start = leadership_.Ask([](ports::Outbox& outbox) { return outbox.StartPosition(); });
  if (start) position_ = *start;
  return start;
}

bool OutboxReader::CommitsDue(Time now) const {
  if (!leadership_.Leads(now) || !keys_.keys_known()) return false;
  return more_ || (woken_ && now >= read_again_at_) || now >= poll_at_ || (draining_ && !drained_);
}

std::vector<OutboxMessage> OutboxReader::ReadCommits(Time now) {
  const bool draining = draining_;
  woken_ = false;
  auto page =
      leadership_.Ask([this](ports::Outbox& outbox) { return outbox.ReadAfter(position_, options_.page_rows); });
  if (!page) return {};
  poll_at_ = now + absl::ToChronoNanoseconds(options_.poll);
  more_ = page->more;
  drained_ = draining && !more_;
  position_ = page->position;
  if (!page->messages.empty()) read_again_at_ = now + kReadPause;
  std::move(page->messages.begin(), page->messages.end(), std::back_inserter(unanswered_));
  if (!more_ || position_.end_of_commit()) return std::exchange(unanswered_, {});
  // The last commit goes on behind the page.
  const auto last = std::lower_bound(
      unanswered_.begin(), unanswered_.end(), position_.number,
      [](const OutboxMessage& message, std::int64_t number) { return message.position.number < number; });
  std::vector<OutboxMessage> commits(std::make_move_iterator(unanswered_.begin()), std::make_move_iterator(last));
  unanswered_.erase(unanswered_.begin(), last);
  return commits;
}

bool OutboxReader::QuarantineDue(Time now, bool resolved) const {
  if (!leadership_.Leads(now)) return false;
  if (keys_.reading()) return true;
  if (!resolved) return false;
  if (!keys_.keys_known()) return true;
  return !keys_.empty() && !draining_ && (keys_.pass_wanted() || now >= PassDue());
}

std::vector<OutboxMessage> OutboxReader::ReadQuarantined(Time now) {
  if (!keys_.reading()) {
    keys_.BeginPass(now);
    pass_position_ = {};
    pass_at_ = now + absl::ToChronoNanoseconds(options_.pass_interval);
  }
  auto page = leadership_.Ask(
      [this](ports::Outbox& outbox) { return outbox.ReadQuarantined(pass_position_, options_.page_rows); });
  if (!page) return {};
  for (const OutboxMessage& message : *page) keys_.Read(message);
  if (!page->empty()) pass_position_ = page->back().position;
  if (!IsFull(*page, options_.page_rows)) keys_.LastPageRead();
  return *std::move(page);
}

ports::OutboxPosition OutboxReader::answered() const {
  if (unanswered_.empty()) return position_;
  return {unanswered_.front().position.number - 1, ports::OutboxPosition::kEndOfCommit};
}

OutboxReader::Time OutboxReader::NextDue(bool resolved) const {
  if (!keys_.keys_known()) return Time::max();  // nothing but the first pass, which waits for no time
  const Time due = woken_ ? read_again_at_ : poll_at_;
  return resolved && !keys_.empty() && !draining_ ? std::min(due, PassDue()) : due;
}

}  // namespace logistics::messaging
