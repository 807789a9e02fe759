#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/ports/health.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/outbox.hpp"
#include "messaging/amqp/options.hpp"

namespace logistics::messaging {

// Acquires the relay's lease, renews it, loses and releases it. All calls of the outbox go through here, because each
// answer may end the present term. Belongs to one thread.
//
// A term lasts from an acquisition to its loss or release. Each has a number, and an answer of the outbox counts only
// in the term that asked for it. The lease runs out here before it runs out at the database, also while a call lasts.
//
// An unavailable database ends the term too: after a crash of Postgres it may have again the rows that were deleted
// last, below the position that was read. Reports health component "relay".
class Leadership {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Term = std::int64_t;  // from 1; 0 = this replica does not lead

  // The references outlive the object. `clock` never goes back.
  Leadership(std::unique_ptr<ports::Outbox> outbox, const BrokerOptions& options, ports::Gauge& leader,
             ports::HealthReporter& health, std::function<Time()> clock = std::chrono::steady_clock::now);

  // Acquires or renews the lease when that is due. Releases it after a lease's time without a broker: another replica
  // may have one.
  void Maintain(bool broker_connected);
  // Another replica may lead at once.
  void Release(std::string_view why);

  Term term() const { return leading_ ? term_ : 0; }
  // Whether this replica may publish: the answer is good at `now` only.
  bool Leads(Time now) const { return leading_ && now < lease_until_; }

  // Calls the outbox. A call that answers a Status gives whether it is OK; any other gives its value, or nullopt. Such
  // an answer is dropped too when its term is over.
  template <typename Call>
  auto Ask(Call call) {
    using Answer = std::invoke_result_t<Call, ports::Outbox&>;
    const Term asked_in = term();
    Answer answer = call(*outbox_);
    if constexpr (std::is_same_v<Answer, absl::Status>) {
      return Accept(asked_in, answer);
    } else {
      return Accept(asked_in, answer.status()) ? std::optional(*std::move(answer)) : std::nullopt;
    }
  }
  // Whether an answer to a call of term `asked_in` counts. Ends the term where the answer or the time says so.
  bool Accept(Term asked_in, const absl::Status& answer);

  // When Maintain has to be called again, whatever happens.
  Time NextDue() const;
  // No call before this time, after one that failed.
  Time database_at() const { return database_at_; }

 private:
  void AcquireOrRenew(Time asked);
  void Lose(std::string_view why);
  void EndTerm();
  // True when `answer` is OK. Else the lease is lost, or the database is unavailable for a while.
  bool DatabaseAnswered(const absl::Status& answer);

  const std::unique_ptr<ports::Outbox> outbox_;
  const BrokerOptions& options_;
  const absl::Duration acquire_again_;  // after another replica had the lease
  ports::Gauge& leader_;
  ports::HealthReporter& health_;
  const std::function<Time()> clock_;
  std::mt19937_64 random_;

  bool leading_ = false;
  Term term_ = 0;  // the last one
  Time lease_until_ = Time::min();
  Time lease_due_ = Time::min();
  Time broker_seen_;
  int database_failures_ = 0;
  Time database_at_ = Time::min();
};

}  // namespace logistics::messaging
