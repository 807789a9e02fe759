#include "messaging/consumer/consumer.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "messaging/consumer/limits.hpp"
#include "messaging/events/event_decoder.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

Consumer::Consumer(BrokerOptions broker, ConsumerOptions options, const QueueOptions& queue, EventHandlers handlers,
                   ports::Inbox& inbox, const ports::Clock& clock, ports::Metrics& metrics,
                   ports::HealthReporter& health)
    : broker_(std::move(broker)),
      options_(std::move(options)),
      dead_letter_exchange_(DeadLetterExchange(queue.exchange)),
      handlers_(handlers),
      clock_(clock),
      health_(health),
      metrics_(metrics, options_.name),
      watchdog_(broker_.operation_timeout),
      processor_(options_, handlers_, inbox, clock_, metrics_),
      workers_(options_.workers, processor_, lanes_, [this] { wake_.Set(); }),
      link_(broker_, options_, queue, metrics_, watchdog_,
            {.taken = [this](Delivery delivery) { OnTaken(std::move(delivery)); },
             .new_session = [this](std::uint64_t session) { lanes_.BeginSession(session); },
             .cancelled = [this] { return stopping_.load(); }}),
      pause_(broker_, options_, inbox, clock_, metrics_, lanes_, link_) {
  lanes_.BeginSession(link_.session());
}

Consumer::~Consumer() { Stop(absl::Now()); }

void Consumer::Start() {
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  thread_ = std::jthread([this] { Run(); });
  workers_.Start();
}

void Consumer::Stop(absl::Time deadline) {
  std::call_once(stop_once_, [this, deadline] {
    const absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(1));
    stop_at_ = Clock::now() + absl::ToChronoNanoseconds(left);
    stopping_ = true;
    watchdog_.Limit(stop_at_);
    workers_.Stop();
    workers_ended_ = true;
    wake_.Set();
    if (thread_.joinable()) thread_.join();
  });
}

std::future<absl::Status> Consumer::Send(DeadLetter letter) {
  const auto outcome = std::make_shared<std::promise<absl::Status>>();
  const std::lock_guard lock(mutex_);
  if (running_) {
    send_requests_.push_back({std::move(letter), outcome});
    wake_.Set();
  } else {
    outcome->set_value(absl::UnavailableError(absl::StrCat("consumer ", options_.name, " does not run")));
  }
  return outcome->get_future();
}

void Consumer::Run() {
  for (Time now = Clock::now(); !Finished(now); now = Clock::now()) {
    link_.ProcessInput(now);  // first: input that has arrived meanwhile is no delay of the broker
    TakeResults();
    TakeSendRequests();
    link_.Ack(acks_, now);
    acks_.clear();
    if (std::optional<std::string> reason = workers_.TakeUnavailable()) pause_.Begin(*std::move(reason), now);
    pause_.Maintain(now);
    link_.Maintain(Clock::now());
    link_.SendDeadLetters(now);
    metrics_.in_hand.Set(static_cast<double>(lanes_.waiting()));
    ReportHealth();
    if (!link_.HasInput() && acks_.empty()) Wait(Clock::now());
    wake_.Take();
  }
  link_.HandBack("stopping");
  std::vector<SendRequest> left;
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    left.swap(send_requests_);
  }
  for (const SendRequest& request : left) request.outcome->set_value(absl::UnavailableError("stopping"));
}

bool Consumer::Finished(Time now) {
  if (!stopping_) return false;
  if (now >= stop_at_) return workers_ended_;
  if (!workers_ended_) return false;
  return !workers_.HasResults() && acks_.empty() && (!link_.dead_letters_pending() || !link_.CanPublish());
}

void Consumer::OnTaken(Delivery delivery) {
  metrics_.taken.Increment();
  if (delivery.skipped_bytes > 0) return RejectOversized(delivery);
  absl::StatusOr<InboundEvent> event = DecodeEvent(delivery.body);
  if (!event.ok()) {
    Reject(link_.session(), std::move(delivery), std::string(event.status().message()), metrics_.undecodable);
    return;
  }
  const std::optional<domain::OrderId> order_id = handlers_.OrderOf(*event);
  if (!order_id) {
    metrics_.unknown_type.Increment();
    acks_.push_back({link_.session(), delivery.tag});
    return;
  }
  auto task = std::make_unique<InboundTask>();
  *task = {link_.session(), *order_id, std::move(delivery), *std::move(event)};
  lanes_.Add(std::move(task));
}

void Consumer::RejectOversized(const Delivery& delivery) {
  const bool kept = link_.RejectsAreKept();
  if (const std::optional<std::int64_t> suppressed = reject_log_.Pass(Clock::now())) {
    spdlog::warn(
        "consumer {}: {} a message published on {}: its body has {} bytes, at most {} are allowed; {} more "
        "since the last such line",
        options_.name, kept ? "rejects" : "leaves unacked", delivery.routing_key, delivery.skipped_bytes,
        kInboundBodyBytesMax, *suppressed);
  }
  metrics_.oversized.Increment();
  if (!kept) return link_.CountStuck();
  acks_.push_back({link_.session(), delivery.tag, /*reject=*/true});
}

void Consumer::Reject(std::uint64_t session, Delivery delivery, const std::string& reason, ports::Counter& counter) {
  // The connection that delivered the message is gone: the broker gives the message out again.
  if (session != link_.session()) return;
  DeadLetter letter;
  letter.exchange = dead_letter_exchange_;
  letter.queue = options_.queue;
  letter.consumer = options_.name;
  letter.reason = reason;
  letter.attempts = 1;
  letter.at = clock_.Now();
  letter.original_exchange = std::move(delivery.exchange);
  letter.original_routing_key = std::move(delivery.routing_key);
  letter.properties = std::move(delivery.properties);
  letter.body = std::move(delivery.body);
  if (const std::optional<std::int64_t> suppressed = reject_log_.Pass(Clock::now())) {
    spdlog::warn("consumer {}: dead-letters a message published on {}: {}; {} more since the last such line",
                 options_.name, letter.original_routing_key, reason, *suppressed);
  }
  link_.AddDeadLetter(std::move(letter), /*insist=*/true,
                      [this, session, tag = delivery.tag, &counter](const absl::Status& status) {
                        if (!status.ok()) return;
                        counter.Increment();
                        acks_.push_back({session, tag});
                      });
}

void Consumer::TakeResults() {
  std::vector<WorkerPool::Result> results = workers_.TakeResults();
  for (WorkerPool::Result& result : results) {
    InboundTask& task = *result.task;
    if (result.decision.action == Decision::Action::kReject) {
      Reject(task.session, std::move(task.delivery), result.decision.reason, metrics_.refused);
    } else {
      acks_.push_back({task.session, task.delivery.tag});
    }
  }
  if (!results.empty()) pause_.End();
}

void Consumer::TakeSendRequests() {
  std::vector<SendRequest> requests;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(send_requests_);
  }
  for (SendRequest& request : requests) {
    link_.AddDeadLetter(std::move(request.letter), /*insist=*/false,
                        [outcome = request.outcome](const absl::Status& status) { outcome->set_value(status); });
  }
}

void Consumer::ReportHealth() {
  std::string reason = pause_.Trouble();
  if (reason.empty()) reason = link_.Trouble();
  if (reported_ == reason) return;
  reported_ = reason;
  health_.Report(absl::StrCat("consumer ", options_.name),
                 reason.empty() ? ports::HealthState::kUp : ports::HealthState::kDegraded, reason);
}

void Consumer::Wait(Time now) {
  // Without a due time only a wake-up ends the wait. A bound costs nothing and forgives a lost one.
  constexpr std::chrono::seconds kWaitMax{5};
  Time due = std::min(link_.NextDue(now), pause_.NextDue());
  if (stopping_ && workers_ended_) due = std::min(due, stop_at_);
  wake_.WaitFor(std::clamp(due, now, now + kWaitMax) - now, link_.fd());
}

}  // namespace logistics::messaging
