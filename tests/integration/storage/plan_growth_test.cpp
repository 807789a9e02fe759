// No statement reads more because its tables have grown.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "integration/storage/source_statements.hpp"
#include "integration/storage/used_database.hpp"

namespace logistics::storage {
namespace {

// Above what any statement reads at once. LOGISTICS_TEST_ORDERS asks for another size, by hand.
constexpr int kOrders = 22'000;
constexpr int kTimes = 5;
// A look into an index of more rows goes a page deeper. Splits of pages, which a write meets or not, come on top.
constexpr std::int64_t kFactorMax = 3;
constexpr std::int64_t kBuffersMore = 40;

// Statements that read what a caller asked for, however much; each with the reason.
const std::map<std::string, std::string> kGrow = {
    {"levels", "a caller that names no item wants every level"},
    {"count_products", "ListItems has no field that says that its total is a bound"},
    {"count_products_of", "likewise"},
};
// Statements that the sessions' care may run meanwhile, or not.
const std::set<std::string> kProbes = {"read_probe", "probe_writes", "probe_commit"};
// Tables with a row or some, and those of what waits: Postgres may read them whole.
const std::set<std::string> kSmallTables = {"commit_lock",       "retention",        "outbox_position", "leases",
                                            "engine_facts",      "replicas",         "routed_keys",     "settlements",
                                            "restocks_in_doubt", "restocks_refused", "intent_keys",     "inbox_waiting",
                                            "outbox_quarantine"};

struct Cost {
  std::int64_t buffers = 0;
  std::string query;
};

// Names, numbers and texts of a query that was made for its values.
std::string Form(const std::string& query) {
  std::string form;
  bool quoted = false;
  for (const char c : query) {
    if (c == '\'') quoted = !quoted;
    if (quoted || std::isdigit(static_cast<unsigned char>(c)) != 0) continue;
    form += c;
  }
  return form;
}

class PlanGrowthTest : public testing::Test {
 protected:
  // The statements that are in a query; without any, its form.
  const std::vector<std::string>& NamesOf(const std::string& query) {
    const auto [place, added] = names_.try_emplace(query);
    if (!added) return place->second;
    for (const SourceStatement& statement : statements_) {
      if (Has(query, statement)) place->second.push_back(statement.name);
    }
    if (place->second.empty()) place->second.push_back(Form(query));
    return place->second;
  }

  // The most that each statement read, by its name, and by its form where it is not prepared.
  std::map<std::string, Cost> CostsOf(const std::vector<LoggedPlan>& plans) {
    std::map<std::string, Cost> costs;
    for (const LoggedPlan& plan : plans) {
      for (const std::string& name : NamesOf(plan.query)) {
        Cost& cost = costs[name];
        if (plan.buffers >= cost.buffers) cost = {plan.buffers, plan.query};
      }
    }
    return costs;
  }

  void ExpectNoneReadsAllRows(const std::vector<LoggedPlan>& plans, int orders) {
    std::set<std::string> said;
    for (const LoggedPlan& plan : plans) {
      if (kGrow.contains(NamesOf(plan.query).front())) continue;
      for (const std::string& table : plan.read_whole) {
        if (kSmallTables.contains(table) || table.starts_with("pg_")) continue;
        if (said.insert(Form(plan.query)).second) ADD_FAILURE() << table << " is read whole by " << plan.query;
      }
      if (plan.rows_sorted_max >= orders / 8 && said.insert(Form(plan.query)).second) {
        ADD_FAILURE() << plan.rows_sorted_max << " rows are sorted by " << plan.query;
      }
    }
  }

  void ExpectFlat(int orders, int times) {
    UsedDatabase few(orders);
    const std::map<std::string, Cost> before = CostsOf(few.PlansOfEverything());
    UsedDatabase many(orders * times);
    const std::vector<LoggedPlan> plans = many.PlansOfEverything();
    EXPECT_EQ(few.lists(), many.lists());
    ExpectNoneReadsAllRows(plans, orders * times);
    std::set<std::string> run;
    const std::map<std::string, Cost> after = CostsOf(plans);
    if (std::getenv("LOGISTICS_TEST_ORDERS") != nullptr) Print(before, after);
    for (const auto& [name, cost] : after) {
      run.insert(name);
      if (kGrow.contains(name) || kProbes.contains(name)) continue;
      const auto found = before.find(name);
      if (found == before.end()) {
        ADD_FAILURE() << "only the larger database is asked: " << cost.query;
        continue;
      }
      EXPECT_LE(cost.buffers, kFactorMax * found->second.buffers + kBuffersMore)
          << name << " read " << found->second.buffers << " buffers with " << orders << " orders: " << cost.query;
    }
    for (const SourceStatement& statement : statements_) {
      EXPECT_TRUE(run.contains(statement.name) || kProbes.contains(statement.name))
          << statement.name << " is prepared somewhere, and UsedDatabase does not run it";
    }
  }

  // Prints what each statement read, for a person.
  static void Print(const std::map<std::string, Cost>& before, const std::map<std::string, Cost>& after) {
    for (const auto& [name, cost] : after) {
      const auto found = before.find(name);
      std::cout << cost.buffers << "\t" << (found == before.end() ? 0 : found->second.buffers) << "\t"
                << name.substr(0, 150) << "\n";
    }
  }

  const std::vector<SourceStatement> statements_ = SourceStatements();
  std::map<std::string, std::vector<std::string>> names_;  // by query
};

TEST_F(PlanGrowthTest, MoreRows_AreNotRead) {
  const char* const orders = std::getenv("LOGISTICS_TEST_ORDERS");
  ExpectFlat(orders == nullptr ? kOrders : std::stoi(orders), kTimes);
}

}  // namespace
}  // namespace logistics::storage
