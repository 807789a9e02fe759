#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "fakes/memory_inbox.hpp"
#include "logistics/commands/message_turn.hpp"
#include "logistics/ports/message_handler.hpp"

namespace logistics::fakes {

// A payment handler whose answers a test gives; dedupes and keeps the order as the real one does, by the inbox.
// Thread-safe.
class ScriptedPayments final : public ports::PaymentHandler {
 public:
  using Script = std::function<ports::Handling(const domain::PaymentNotice& notice)>;
  struct Effect {
    domain::OrderId order_id;
    std::string amount;
    std::string message_id;
  };

  explicit ScriptedPayments(MemoryInbox& inbox) : inbox_(inbox) {}

  // What is answered from now on; called without a lock, so it may wait. Without a script everything is done.
  void Answer(Script script) {
    const std::scoped_lock lock(mutex_);
    script_ = std::move(script);
  }

  ports::Handling Handle(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                         const ports::CallContext& context) override {
    Script script;
    {
      const std::scoped_lock lock(mutex_);
      ++tries_;
      last_context_ = context;
      overlapped_ = !in_work_.insert(notice.order_id).second || overlapped_;
      most_at_once_ = std::max(most_at_once_, in_work_.size());
      script = script_;
      changed_.notify_all();
    }
    ports::Handling handling = Turn(notice, entry, script);
    const std::scoped_lock lock(mutex_);
    in_work_.erase(notice.order_id);
    changed_.notify_all();
    return handling;
  }

  bool WaitForTries(int tries, absl::Duration timeout = absl::Seconds(30)) {
    return Wait([&] { return tries_ >= tries; }, timeout);
  }
  bool WaitForEffects(std::size_t effects, absl::Duration timeout = absl::Seconds(30)) {
    return Wait([&] { return effects_.size() >= effects; }, timeout);
  }

  std::vector<Effect> effects() const {
    const std::scoped_lock lock(mutex_);
    return effects_;
  }
  // The amounts of an order's effects, in their order.
  std::vector<std::string> AmountsOf(const domain::OrderId& order_id) const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> amounts;
    for (const Effect& effect : effects_) {
      if (effect.order_id == order_id) amounts.push_back(effect.amount);
    }
    return amounts;
  }
  int tries() const {
    const std::scoped_lock lock(mutex_);
    return tries_;
  }
  // Whether two messages of one order were ever handled at once.
  bool overlapped() const {
    const std::scoped_lock lock(mutex_);
    return overlapped_;
  }
  std::size_t most_at_once() const {
    const std::scoped_lock lock(mutex_);
    return most_at_once_;
  }
  ports::CallContext last_context() const {
    const std::scoped_lock lock(mutex_);
    return last_context_;
  }

 private:
  ports::Handling Turn(const domain::PaymentNotice& notice, const ports::InboxEntry& entry, const Script& script) {
    const commands::MessageState message = inbox_.Look(entry.consumer, entry.message_id, notice.order_id);
    if (message.done) return {};
    const absl::Status turn = commands::CheckTurn(entry, notice.order_id, message);
    if (!turn.ok()) return {ports::HandlingOutcome::kRetryLater, std::string(turn.message())};
    const ports::Handling handling = script ? script(notice) : ports::Handling{};
    if (handling.outcome != ports::HandlingOutcome::kDone) return handling;
    inbox_.MarkDone(entry.consumer, entry.message_id);
    if (message.waits_as) inbox_.Forget(*message.waits_as);
    const std::scoped_lock lock(mutex_);
    effects_.push_back({notice.order_id, notice.amount, entry.message_id});
    return handling;
  }

  bool Wait(const std::function<bool()>& condition, absl::Duration timeout) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), condition);
  }

  MemoryInbox& inbox_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  Script script_;
  int tries_ = 0;
  std::vector<Effect> effects_;
  std::set<domain::OrderId> in_work_;
  bool overlapped_ = false;
  std::size_t most_at_once_ = 0;
  ports::CallContext last_context_;
};

}  // namespace logistics::fakes
