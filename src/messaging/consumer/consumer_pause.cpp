#include "messaging/consumer/consumer_pause.hpp"

#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/base/backoff.hpp"
#include "messaging/consumer/limits.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

ConsumerPause::ConsumerPause(const BrokerOptions& broker, const ConsumerOptions& options, ports::Inbox& inbox,
                             const ports::Clock& clock, ConsumerMetrics& metrics, OrderLanes& lanes, ConsumerLink& link)
    : broker_(broker),
      options_(options),
      inbox_(inbox),
      clock_(clock),
      metrics_(metrics),
      lanes_(lanes),
      link_(link),
      random_(std::random_device{}()) {}

void ConsumerPause::Begin(std::string reason, Time now) {
  if (reason_.empty()) {
    since_ = now;
    metrics_.paused.Set(1);
    spdlog::warn("consumer {}: handles nothing for now: {}", options_.name, reason);
  }
  reason_ = std::move(reason);
  if (next_try_ == Time::max()) DelayNextTry();
}

void ConsumerPause::Maintain(Time now) {
  if (now < next_try_) return;
  next_try_ = Time::max();
  const bool nothing_to_try = handed_back_ || lanes_.waiting() == 0;
  const bool long_since = now - since_ >= absl::ToChronoNanoseconds(options_.hand_back_after);
  if (nothing_to_try || long_since) {
    if (!DatabaseAnswers()) {
      if (long_since && !handed_back_) {
        handed_back_ = true;
        spdlog::warn("consumer {}: returns the messages in hand to the queue: {}", options_.name, reason_);
        link_.HandBack("the database is unavailable");
      }
      return DelayNextTry();
    }
    if (nothing_to_try) End();
  }
  lanes_.Resume();
}

void ConsumerPause::End() {
  if (reason_.empty()) return;
  reason_.clear();
  tries_ = 0;
  metrics_.paused.Set(0);
  spdlog::info("consumer {}: handles messages again", options_.name);
  if (std::exchange(handed_back_, false)) link_.TakeAgain();
}

std::string ConsumerPause::Trouble() const {
  if (reason_.empty()) return "";
  return handed_back_ ? absl::StrCat("nothing is taken, messages wait in queue ", options_.queue, ": ", reason_)
                      : absl::StrCat("nothing is handled, messages wait: ", reason_);
}

void ConsumerPause::DelayNextTry() {
  const absl::Duration delay = base::BackoffDelay(broker_.reconnect_min, broker_.reconnect_max, tries_++, random_);
  next_try_ = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay);
}

bool ConsumerPause::DatabaseAnswers() {
  ports::CallContext context;
  context.deadline = clock_.Now() + kProbeTimeout;
  const HeartbeatKeeper::Scope alive = link_.KeepAlive();
  const auto answer = inbox_.Due(options_.name, 1, context);
  if (!answer.ok()) reason_ = std::string(answer.status().message());
  return answer.ok();
}

}  // namespace logistics::messaging
