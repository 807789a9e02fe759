// What the contract suite needs of a set of stores. One suite runs against memory and against Postgres, so that a test
// with the fake means the same as one with the real thing.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "fakes/fake_clock.hpp"
#include "fakes/history_row.hpp"
#include "logistics/domain/event.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/domain/payment.hpp"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/inbox.hpp"
#include "logistics/ports/order_store.hpp"
#include "logistics/ports/payment_store.hpp"
#include "logistics/ports/stock_log.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::contract {

// Empty stores of their own. All calls are thread-safe, as those of the stores are.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;

  virtual ports::OrderStore& orders() = 0;
  virtual ports::StockStore& stock() = 0;
  virtual ports::StockLog& stock_log() = 0;
  virtual ports::PaymentStore& payments() = 0;
  virtual ports::Inbox& inbox() = 0;
  // Gives ids that rise; shared with the stores.
  virtual ports::IdGenerator& ids() = 0;
  // The stores' own clock.
  virtual fakes::FakeClock& clock() = 0;

  // Everything that was told since the stores were made, in the one order of changes. (A store that keeps bodies can be
  // given a fakes::RecordingEncoder, which finds the event of a message_id.)
  virtual std::vector<domain::Event> Events() = 0;
  // All changes of an order, by version; empty when there is no such order.
  virtual std::vector<fakes::HistoryRow> History(const domain::OrderId& id) = 0;
  // The ledger of one level, oldest first.
  virtual std::vector<domain::StockMovement> Movements(const domain::LevelKey& key) = 0;
  // What is recorded of an order, in order.
  virtual std::vector<domain::RecordedPayment> Payments(const domain::OrderId& id) = 0;
  // So much time passes for the messages that wait.
  virtual void AgeInbox(absl::Duration by) = 0;
};

// Makes stores that follow a policy and a bound of lists. To run the suite against another pair:
//   INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(HarnessFactory{"Postgres", &MakePostgres}),
//                            HarnessName);
struct HarnessFactory {
  std::string name;
  // `list_count_max`: the orders that a list counts and sorts; 0 = all.
  std::function<std::unique_ptr<StoreHarness>(const domain::StockPolicy& policy, int list_count_max)> make;
  friend std::ostream& operator<<(std::ostream& out, const HarnessFactory& factory) { return out << factory.name; }
};

}  // namespace logistics::contract
