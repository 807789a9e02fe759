#include "messaging/consumer/dead_letter_sender.hpp"

#include <utility>

#include "messaging/amqp/errors.hpp"

namespace logistics::messaging {

void DeadLetterSender::Add(DeadLetter letter, bool insist, Outcome outcome) {
  letters_.push_back({std::move(letter), insist, std::move(outcome)});
}

absl::Status DeadLetterSender::Send(Connection& connection, Time now) {
  returned_.clear();
  const absl::StatusOr<std::uint64_t> tag = SendDeadLetter(connection, letters_.front().letter);
  if (tag.ok()) {
    in_flight_ = true;
    sent_at_ = now;
    return absl::OkStatus();
  }
  if (EndsConnection(tag.status())) return tag.status();
  in_flight_ = true;
  Refused(std::string(tag.status().message()), now + std::chrono::seconds(1));
  return absl::OkStatus();
}

void DeadLetterSender::Confirmed() {
  if (!in_flight_) return;
  refusal_.clear();
  FinishFirst(absl::OkStatus());
}

void DeadLetterSender::Refused(const std::string& why, Time again_at) {
  if (!in_flight_) return;
  refusal_ = why;
  not_before_ = again_at;
  in_flight_ = false;
  GiveUpWaiting(absl::UnavailableError("the dead letter was refused: " + why));
}

void DeadLetterSender::GiveUpWaiting(const absl::Status& why) {
  std::deque<Entry> given_up;
  std::deque<Entry> kept;
  for (Entry& entry : letters_) {
    const bool keep = entry.insist || (in_flight_ && &entry == &letters_.front());
    (keep ? kept : given_up).push_back(std::move(entry));
  }
  letters_ = std::move(kept);
  for (const Entry& entry : given_up) entry.outcome(why);
}

void DeadLetterSender::Drop(const absl::Status& why) {
  not_before_ = Time::min();
  refusal_.clear();
  while (!letters_.empty()) FinishFirst(why);
}

void DeadLetterSender::FinishFirst(const absl::Status& status) {
  in_flight_ = false;
  const Entry entry = std::move(letters_.front());
  letters_.pop_front();
  entry.outcome(status);
}

}  // namespace logistics::messaging
