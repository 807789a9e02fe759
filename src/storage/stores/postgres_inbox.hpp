#pragma once

#include "logistics/ports/inbox.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// Waiting messages in Postgres, by whose clock they are due; the pool outlives the inbox. A handled message is
// remembered with its effect, by the store of that effect.
class PostgresInbox final : public ports::Inbox {
 public:
  explicit PostgresInbox(SessionPool& pool) : pool_(pool) {}

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

 private:
  absl::StatusOr<std::vector<ports::WaitingMessage>> Read(const Statement& statement, const Params& params,
                                                          const ports::CallContext& context);

  SessionPool& pool_;
};

}  // namespace logistics::storage
