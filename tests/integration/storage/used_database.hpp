// A database that has been used for so many orders, and a replica that does everything on it that replicas do.
#pragma once

#include <string>
#include <vector>

#include "integration/storage/payment_fixture.hpp"
#include "integration/storage/plan_log.hpp"

namespace logistics::storage {

class UsedDatabase final : public PaymentFixture {
 public:
  // Where lists cease to count and to sort; every table has more rows.
  static constexpr int kListCountMax = 100;

  explicit UsedDatabase(int orders);

  // The plans of every statement that a replica runs. Reads run so often that Postgres would keep a generic plan.
  std::vector<LoggedPlan> PlansOfEverything();
  // Whether each list was served, in the order of the lists.
  const std::vector<std::string>& lists() const { return lists_; }

 private:
  void TestBody() override {}

  DatabaseOptions LoggedOptions() const;
  domain::Uuid MadeId(const std::string& kind, int number) const;
  domain::OrderId MadeOrder(int number) const;
  domain::LevelKey MadeLevel(int number) const;
  domain::NewOrder NewOrder(const std::string& key, int quantity = 1);

  void WriteOrders(Database& database);
  void WriteStock(Database& database);
  void WriteIntents(Database& database);
  void ReceivePayments(Database& database);
  void ReadOrders(Database& database);
  void ListOrders(Database& database);
  void ReadStock(Database& database);
  void SettleAtPeer(Database& database);
  void Relay(Database& database);
  void WaitForRows();

  const int orders_;
  PlanLog log_;
  std::vector<std::string> lists_;
};

}  // namespace logistics::storage
