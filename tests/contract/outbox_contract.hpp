// What the contract suite of ports::Outbox needs. One suite runs against memory and against Postgres, so that a test of
// the relay with the fake means the same as one with the real thing.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "gtest/gtest.h"
#include "logistics/ports/outbox.hpp"

namespace logistics::contract {

// An outbox without a commit, and the replicas that share it.
class OutboxHarness {
 public:
  virtual ~OutboxHarness() = default;

  // The outbox of replica 1 or 2, each a new object.
  virtual std::unique_ptr<ports::Outbox> NewOutbox(int replica) = 0;
  // So many commits of one event each.
  virtual void Commit(int commits) = 0;
  // As if the rows had never been committed, which a failover can bring about.
  virtual void LoseRows() = 0;
};

struct OutboxFactory {
  std::string name;
  std::function<std::unique_ptr<OutboxHarness>()> make;
  friend std::ostream& operator<<(std::ostream& out, const OutboxFactory& factory) { return out << factory.name; }
};

class OutboxContract : public testing::TestWithParam<OutboxFactory> {
 protected:
  // Of those that it reads in one page.
  static constexpr int kPage = 1'000;

  std::unique_ptr<OutboxHarness> harness_ = GetParam().make();
  std::unique_ptr<ports::Outbox> ours_ = harness_->NewOutbox(1);
  std::unique_ptr<ports::Outbox> theirs_ = harness_->NewOutbox(2);
};

inline std::string OutboxName(const testing::TestParamInfo<OutboxFactory>& info) { return info.param.name; }

}  // namespace logistics::contract
