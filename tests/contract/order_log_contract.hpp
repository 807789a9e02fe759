// The contract suite of logs of orders: one suite runs against memory and against Postgres, so that a test of the hub
// with the fake means the same as one with the real thing.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "fakes/fake_clock.hpp"
#include "fakes/memory_order_log.hpp"
#include "fakes/status_matchers.hpp"

namespace logistics::contract {

// An empty log of its own, and a way to write it.
class OrderLogHarness {
 public:
  virtual ~OrderLogHarness() = default;

  virtual ports::OrderLog& log() = 0;
  // Commits these changes at clock()'s time and returns their number.
  virtual std::int64_t Append(const std::vector<fakes::MemoryOrderLog::Change>& changes) = 0;

  fakes::FakeClock& clock() { return clock_; }

 private:
  fakes::FakeClock clock_;
};

struct OrderLogFactory {
  std::string name;
  std::function<std::unique_ptr<OrderLogHarness>()> make;
  friend std::ostream& operator<<(std::ostream& out, const OrderLogFactory& factory) { return out << factory.name; }
};

class OrderLogContract : public testing::TestWithParam<OrderLogFactory> {
 protected:
  using Change = fakes::MemoryOrderLog::Change;

  OrderLogContract() : harness_(GetParam().make()) {}

  ports::OrderLog& log() { return harness_->log(); }
  fakes::FakeClock& clock() { return harness_->clock(); }

  // Order and customer `n` of the test; orders sort by their numbers.
  static domain::OrderId Order(int n) { return domain::OrderId(Numbered(1, n)); }
  static domain::CustomerId Customer(int n) { return domain::CustomerId(Numbered(2, n)); }
  static ports::OrderScope OfOrder(int n) { return {Order(n), std::nullopt}; }
  static ports::OrderScope OfCustomer(int n) { return {std::nullopt, Customer(n)}; }

  static Change Created(int order, int customer, const std::string& notes = "") {
    return {Order(order), Customer(customer), 1, domain::OrderStatus::kUnknown, domain::OrderStatus::kPending, notes};
  }
  static Change Changed(int order, int customer, std::int64_t version, const std::string& notes = "") {
    return {Order(order),
            Customer(customer),
            version,
            domain::OrderStatus::kPending,
            version % 2 == 0 ? domain::OrderStatus::kProcessing : domain::OrderStatus::kShipped,
            notes};
  }

  // Commits, a second after the commit before.
  std::int64_t Append(const std::vector<Change>& changes) {
    clock().Advance(absl::Seconds(1));
    return harness_->Append(changes);
  }

  // One page; fails the test when there is none.
  ports::OrderChanges Read(const ports::OrderScope& scope, const ports::LogPlace& place, int limit = 100);
  // All that follows, page by page, and where it ends. What pages promise is checked on the way.
  ports::OrderChanges ReadAll(const ports::OrderScope& scope, const ports::LogPlace& place, int limit);

  static std::vector<ports::LogPlace> Places(const ports::OrderChanges& page);

 private:
  static domain::Uuid Numbered(std::uint8_t kind, int n);

  std::unique_ptr<OrderLogHarness> harness_;
};

}  // namespace logistics::contract
