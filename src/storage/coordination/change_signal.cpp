#include "storage/coordination/change_signal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>

#include "storage/postgres/pooler.hpp"

namespace logistics::storage {
namespace {

constexpr const char* kListen = "LISTEN logistics_changes";
constexpr const char* kNotify = "NOTIFY logistics_changes";
// Other replicas are notified at most this often; commits in between share one notification.
constexpr absl::Duration kNotifyInterval = absl::Milliseconds(10);
constexpr absl::Duration kReconnectMin = absl::Milliseconds(100);
constexpr absl::Duration kReconnectMax = absl::Seconds(2);
// The listening connection is the daemon's check of Postgres, which has a limit of its own.
constexpr absl::Duration kCheckMax = absl::Seconds(1);
// Between two looks whether the server answers, also where `notify_poll` is longer.
constexpr absl::Duration kAwaitMax = absl::Seconds(5);

}  // namespace

ChangeSignal::ChangeSignal(const DatabaseOptions& options, SessionHealth& health, std::function<void(Session&)> verify)
    : options_(options), health_(health), verify_(std::move(verify)) {}

ChangeSignal::~ChangeSignal() {
  notifier_.request_stop();
  listener_.request_stop();
}

void ChangeSignal::Start() {
  notifier_ = std::jthread([this](const std::stop_token& stop) { NotifyLoop(stop); });
  listener_ = std::jthread([this](const std::stop_token& stop) { ListenLoop(stop); });
}

void ChangeSignal::Committed() {
  WakeSubscribers();
  {
    const std::lock_guard lock(mutex_);
    dirty_ = true;
  }
  changed_.notify_all();
}

void ChangeSignal::Subscribe(std::function<void()> wake) {
  const std::lock_guard lock(subscribers_mutex_);
  subscribers_.push_back(std::move(wake));
}

void ChangeSignal::Silence() {
  const std::lock_guard lock(subscribers_mutex_);
  subscribers_.clear();
}

void ChangeSignal::WakeSubscribers() {
  const std::lock_guard lock(subscribers_mutex_);
  for (const auto& wake : subscribers_) wake();
}

void ChangeSignal::NotifyLoop(const std::stop_token& stop) {
  SessionSlot session(options_, SessionUse::kByKey, {&health_, "notifier", SessionHealth::Weight::kDeferred});
  absl::Duration backoff = kReconnectMin;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return dirty_; })) return;
      dirty_ = false;
    }
    // Meanwhile the other replicas poll. One notification too many costs them a look.
    const auto failure = session.Attempt(Tries::kTwice, [](Session& open) { open.Script(kNotify); });
    if (failure) spdlog::debug("the notification of other replicas failed: {}", failure->text);
    std::unique_lock lock(mutex_);
    dirty_ = dirty_ || failure;
    const absl::Duration pause = failure ? backoff : kNotifyInterval;
    changed_.wait_for(lock, stop, absl::ToChronoNanoseconds(pause), [] { return false; });
    backoff = failure ? std::min(backoff * 2, kReconnectMax) : kReconnectMin;
  }
}

void ChangeSignal::ListenLoop(const std::stop_token& stop) {
  DatabaseOptions options = options_;
  options.statement_timeout = kCheckMax;
  SessionSlot session(options, SessionUse::kByKey, {&health_, "listener"});
  absl::Duration backoff = kReconnectMin;
  bool up = false;
  while (!stop.stop_requested()) {
    const bool fresh = !up || !session.open();
    const bool doubtful = health_.TakeSuspicion();
    const std::optional<Failure> failure = session.Attempt(Tries::kOnce, [&](Session& open) {
      if (fresh || doubtful) {
        if (IsBehindTransactionPooler(open, options)) throw std::runtime_error(kPoolerRefusal);
        verify_(open);
      }
      if (fresh) open.Script(kListen);
      open.RequireWritable();
      session.Works();
      if (!up) spdlog::info("postgres is available");
      up = true;
      backoff = kReconnectMin;
      if (open.AwaitNotification(std::min(options_.notify_poll, kAwaitMax)) || fresh) WakeSubscribers();
    });
    if (!failure) continue;
    if (up) spdlog::error("postgres is unavailable, calls answer UNAVAILABLE until it is back: {}", failure->text);
    up = false;
    session.Fails(failure->text);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, absl::ToChronoNanoseconds(backoff), [] { return false; });
    backoff = std::min(backoff * 2, kReconnectMax);
  }
}

}  // namespace logistics::storage
