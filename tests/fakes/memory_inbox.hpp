#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "logistics/commands/state.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/inbox.hpp"

namespace logistics::fakes {

// Messages that wait, in memory, without durability; the clock decides which are due. The inbox contract suite tests it
// beside the Postgres inbox. Thread-safe: one lock over everything.
class MemoryInbox final : public ports::Inbox {
 public:
  // The clock outlives the inbox.
  explicit MemoryInbox(const ports::Clock& clock) : clock_(clock) {}

  absl::Status Park(const ports::InboundMessage& message, int attempts, absl::Duration delay, const std::string& error,
                    const ports::CallContext& context) override;
  absl::StatusOr<std::vector<ports::WaitingMessage>> Due(const std::string& consumer, int limit,
                                                         const ports::CallContext& context) override;
  absl::Status PutOff(std::int64_t id, absl::Duration delay, const std::string& error,
                      const ports::CallContext& context) override;
  absl::Status SetAside(std::int64_t id, absl::Duration delay, const std::string& why,
                        const ports::CallContext& context) override;
  absl::Status Remove(std::int64_t id, const ports::CallContext& context) override;
  absl::StatusOr<std::vector<ports::WaitingMessage>> List(const std::string& consumer, std::int64_t after, int limit,
                                                          const ports::CallContext& context) override;
  absl::StatusOr<ports::InboxStats> Stats(const std::string& consumer, int count_max,
                                          const ports::CallContext& context) override;

  // From now on every call of the port fails with this status, until an OK status.
  void FailWith(absl::Status status);

  // The part of the inbox in a handler's transaction; the caller makes it one with its effect.
  commands::MessageState Look(const std::string& consumer, const std::string& message_id,
                              const domain::OrderId& order_id) const;  // without its payments
  void MarkDone(const std::string& consumer, const std::string& message_id);
  void Forget(std::int64_t id);  // a row of a message that waited

  // Calls of List: each reads bodies.
  int lists() const;

 private:
  using Key = std::pair<std::string, std::string>;  // consumer, message_id

  const ports::Clock& clock_;

  mutable std::mutex mutex_;  // guards everything below
  absl::Status failure_;
  std::int64_t last_id_ = 0;
  int lists_ = 0;
  std::map<std::int64_t, ports::WaitingMessage> waiting_;
  std::set<Key> done_;
};

}  // namespace logistics::fakes
