// A place, and the changes after it, are everything; so are states and the changes after their number.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "contract/order_log_contract.hpp"
#include "fakes/seed.hpp"

namespace logistics::contract {
namespace {

using domain::OrderStatus;
using fakes::IsOkAndHolds;
using ports::LogPlace;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(OrderLogContract, Nothing_IsEmptyAndStaysWhereItIs) {
  ASSERT_OK_AND_ASSIGN(const ports::LogHead head, log().Head({}));
  EXPECT_EQ(head.number, 0);
  for (const ports::OrderScope& scope : {ports::OrderScope(), OfOrder(1), OfCustomer(1)}) {
    const ports::OrderChanges page = Read(scope, {});
    EXPECT_THAT(page.changes, IsEmpty());
    EXPECT_EQ(page.place.number, 0);
    EXPECT_FALSE(page.more);
    ASSERT_OK_AND_ASSIGN(const ports::OrderStates states, log().States(scope, std::nullopt, 10, {}));
    EXPECT_THAT(states.orders, IsEmpty());
    EXPECT_EQ(states.number, 0);
    EXPECT_FALSE(states.next.has_value());
  }
  EXPECT_THAT(log().NumberBefore(clock().Now() + absl::Hours(1), 10, {}), IsOkAndHolds(0));
}

TEST_P(OrderLogContract, Head_IsTheLastCommitOfThisDatabase) {
  ASSERT_OK_AND_ASSIGN(const ports::LogHead before, log().Head({}));
  EXPECT_FALSE(before.database_id.is_nil());
  EXPECT_GE(before.timeline, 1);
  Append({Created(1, 1)});
  Append({});
  ASSERT_OK_AND_ASSIGN(const ports::LogHead after, log().Head({}));
  EXPECT_EQ(after.number, 2);
  EXPECT_EQ(after.database_id, before.database_id);
  EXPECT_EQ(after.timeline, before.timeline);
  EXPECT_GE(after.now, before.now);
}

TEST_P(OrderLogContract, ACommit_IsKnownByItsTime) {
  Append({Created(1, 1)});
  const absl::Time first = clock().Now();
  Append({});
  const absl::Time second = clock().Now();
  EXPECT_THAT(log().CommittedAt(1, {}), IsOkAndHolds(testing::Optional(first)));
  EXPECT_THAT(log().CommittedAt(2, {}), IsOkAndHolds(testing::Optional(second)));
  EXPECT_THAT(log().CommittedAt(3, {}), IsOkAndHolds(testing::Eq(std::nullopt)));
  EXPECT_THAT(log().CommittedAt(0, {}), IsOkAndHolds(testing::Eq(std::nullopt)));
  EXPECT_EQ(Read({}, {}).committed_at, second) << "of a commit that changed no order too";
  EXPECT_EQ(Read({}, {}).began_behind, std::nullopt);
  EXPECT_EQ(Read({}, LogPlace::AfterCommit(1)).began_behind, first);
  EXPECT_EQ(Read({}, LogPlace::AfterCommit(2)).began_behind, second);
  EXPECT_EQ(Read({}, LogPlace::AfterCommit(3)).began_behind, std::nullopt);
  EXPECT_EQ(Read({}, {}, 1).committed_at, first);
}

TEST_P(OrderLogContract, AChange_IsToldAsItWasMade) {
  Append({Created(1, 7, "call first")});
  const absl::Time created_at = clock().Now();
  Append({{Order(1), Customer(7), 2, OrderStatus::kPending, OrderStatus::kCancelled, "changed my mind"}});
  const ports::OrderChanges page = Read({}, {});
  ASSERT_THAT(page.changes, SizeIs(2));
  const ports::OrderChange& created = *page.changes[0];
  EXPECT_EQ(created.place, (LogPlace{1, Order(1), 1}));
  EXPECT_EQ(created.customer_id, Customer(7));
  EXPECT_EQ(created.previous, OrderStatus::kUnknown);
  EXPECT_EQ(created.status, OrderStatus::kPending);
  EXPECT_EQ(created.notes, "call first");
  EXPECT_EQ(created.changed_at, created_at);
  EXPECT_EQ(created.committed_at, created_at);
  const ports::OrderChange& cancelled = *page.changes[1];
  EXPECT_EQ(cancelled.place, (LogPlace{2, Order(1), 2}));
  EXPECT_EQ(cancelled.customer_id, Customer(7));
  EXPECT_EQ(cancelled.previous, OrderStatus::kPending);
  EXPECT_EQ(cancelled.status, OrderStatus::kCancelled);
  EXPECT_EQ(cancelled.notes, "changed my mind");
  EXPECT_EQ(cancelled.committed_at, created_at + absl::Seconds(1));
}

TEST_P(OrderLogContract, ChangesOfOneCommit_AreSortedAndHaveIdsOfTheirOwn) {
  Append({Changed(3, 1, 2), Created(1, 1), Changed(1, 1, 3), Created(3, 1), Changed(1, 1, 2), Created(2, 2)});
  const ports::OrderChanges page = Read({}, {});
  EXPECT_THAT(Places(page), ElementsAre(LogPlace{1, Order(1), 1}, LogPlace{1, Order(1), 2}, LogPlace{1, Order(1), 3},
                                        LogPlace{1, Order(2), 1}, LogPlace{1, Order(3), 1}, LogPlace{1, Order(3), 2}));
  std::map<LogPlace, domain::Uuid> ids;
  std::set<domain::Uuid> different;
  for (const auto& change : page.changes) {
    ids[change->place] = change->id;
    different.insert(change->id);
  }
  EXPECT_THAT(different, SizeIs(6));
  for (const ports::OrderScope& scope : {OfOrder(1), OfCustomer(1)}) {
    for (const auto& change : Read(scope, {}).changes) {
      EXPECT_EQ(change->id, ids[change->place]) << "a change is the same however it is read";
    }
  }
}

TEST_P(OrderLogContract, APlaceWithinACommit_LeavesTheRestOfIt) {
  Append({Created(1, 1), Created(2, 2), Changed(2, 2, 2), Created(3, 1)});
  Append({Changed(1, 1, 2)});
  const std::vector<LogPlace> all = Places(Read({}, {}));
  ASSERT_THAT(all, SizeIs(5));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(Places(Read({}, all[i])),
              std::vector<LogPlace>(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()));
  }
  EXPECT_THAT(Places(Read(OfCustomer(1), all[1])), ElementsAre(LogPlace{1, Order(3), 1}, LogPlace{2, Order(1), 2}));
  EXPECT_THAT(Places(Read(OfCustomer(2), all[1])), ElementsAre(LogPlace{1, Order(2), 2}));
  EXPECT_THAT(Places(Read(OfOrder(2), all[1])), ElementsAre(LogPlace{1, Order(2), 2}));
  EXPECT_THAT(Read(OfOrder(2), all[2]).changes, IsEmpty());
}

TEST_P(OrderLogContract, CommitsWithoutChangesOfTheScope_MoveThePlaceOn) {
  Append({Created(1, 1)});
  for (int i = 0; i < 4; ++i) Append({});
  for (const ports::OrderScope& scope : {ports::OrderScope(), OfOrder(1), OfCustomer(1), OfOrder(9), OfCustomer(9)}) {
    const ports::OrderChanges page = Read(scope, LogPlace::AfterCommit(1));
    EXPECT_THAT(page.changes, IsEmpty());
    EXPECT_EQ(page.place, LogPlace::AfterCommit(5));
    EXPECT_FALSE(page.more);
  }
}

TEST_P(OrderLogContract, WhereNothingFollows_ThePlaceStays) {
  Append({Created(1, 1)});
  // The second is of a database that got further.
  for (const LogPlace& place : {LogPlace::AfterCommit(1), LogPlace{40, Order(1), 2}}) {
    for (const ports::OrderScope& scope : {ports::OrderScope(), OfOrder(1), OfCustomer(1)}) {
      const ports::OrderChanges page = Read(scope, place);
      EXPECT_THAT(page.changes, IsEmpty());
      EXPECT_EQ(page.place, place);
      EXPECT_FALSE(page.more);
    }
  }
}

TEST_P(OrderLogContract, APageOfAllOrders_HoldsSoManyCommits) {
  for (int i = 1; i <= 5; ++i) Append({Created(2 * i, 1), Created(2 * i + 1, 1)});
  ports::OrderChanges page = Read({}, {}, 2);
  EXPECT_THAT(page.changes, SizeIs(4));
  EXPECT_EQ(page.place, LogPlace::AfterCommit(2));
  EXPECT_TRUE(page.more);
  page = Read({}, {2, Order(4), 1}, 2);
  EXPECT_THAT(page.changes, SizeIs(5)) << "the rest of the place's own commit, and two";
  EXPECT_EQ(page.place, LogPlace::AfterCommit(4));
  EXPECT_TRUE(page.more);
  page = Read({}, page.place, 2);
  EXPECT_THAT(page.changes, SizeIs(2));
  EXPECT_EQ(page.place, LogPlace::AfterCommit(5));
  EXPECT_FALSE(page.more);
}

TEST_P(OrderLogContract, APageOfAnOrderOrCustomer_HoldsWholeCommits) {
  Append({Created(1, 1), Changed(1, 1, 2), Changed(1, 1, 3)});
  Append({Changed(1, 1, 4)});
  for (const ports::OrderScope& scope : {OfOrder(1), OfCustomer(1)}) {
    const ports::OrderChanges first = Read(scope, {}, 2);
    EXPECT_THAT(first.changes, SizeIs(3));
    EXPECT_EQ(first.place, LogPlace::AfterCommit(1));
    EXPECT_TRUE(first.more);
    const ports::OrderChanges second = Read(scope, first.place, 2);
    EXPECT_THAT(second.changes, SizeIs(1));
    EXPECT_EQ(second.place, LogPlace::AfterCommit(2));
    EXPECT_FALSE(second.more);
  }
}

// Whatever was committed, wherever a reader stands and however small its pages: each change after that, once, in order.
TEST_P(OrderLogContract, PageByPage_IsEverythingOnce) {
  constexpr int kCommits = 60;
  constexpr int kOrders = 12;
  constexpr int kCustomers = 3;
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> versions(kOrders);
  std::vector<std::pair<LogPlace, int>> log;  // with the number of the order
  for (int commit = 0; commit < kCommits; ++commit) {
    std::vector<Change> changes;
    for (std::uint64_t i = random() % 6; i > 1; --i) {
      const int order = static_cast<int>(random() % kOrders);
      const std::int64_t version = ++versions[static_cast<std::size_t>(order)];
      const int customer = order % kCustomers;
      changes.push_back(version == 1 ? Created(order, customer) : Changed(order, customer, version));
      log.push_back({{commit + 1, Order(order), version}, order});
    }
    EXPECT_EQ(Append(changes), commit + 1);
  }
  std::sort(log.begin(), log.end());

  const auto expect_all = [&](const ports::OrderScope& scope, const std::function<bool(int)>& concerns) {
    for (const int limit : {1, 2, 7, 1'000}) {
      SCOPED_TRACE(limit);
      const LogPlace place = random() % 2 == 0 ? LogPlace::AfterCommit(static_cast<std::int64_t>(random() % kCommits))
                                               : log[random() % log.size()].first;
      SCOPED_TRACE(place.number);
      std::vector<LogPlace> expected;
      for (const auto& [at, order] : log) {
        if (at > place && concerns(order)) expected.push_back(at);
      }
      const ports::OrderChanges read = ReadAll(scope, place, limit);
      EXPECT_EQ(Places(read), expected);
      EXPECT_EQ(read.place, LogPlace::AfterCommit(kCommits));
    }
  };
  expect_all({}, [](int) { return true; });
  for (int i = 0; i < kOrders; ++i) expect_all(OfOrder(i), [i](int order) { return order == i; });
  for (int i = 0; i < kCustomers; ++i) expect_all(OfCustomer(i), [i](int order) { return order % kCustomers == i; });
}

TEST_P(OrderLogContract, States_AreTheOrdersAsTheyStand) {
  Append({Created(1, 1, "first"), Created(2, 2, "second")});
  Append({{Order(1), Customer(1), 2, OrderStatus::kPending, OrderStatus::kProcessing, "go"}});
  const absl::Time changed_at = clock().Now();
  Append({});
  ASSERT_OK_AND_ASSIGN(const ports::OrderStates all, log().States({}, std::nullopt, 10, {}));
  EXPECT_EQ(all.number, 3);
  EXPECT_FALSE(all.next.has_value());
  ASSERT_THAT(all.orders, SizeIs(2));
  const ports::OrderChange& first = *all.orders[0];
  EXPECT_EQ(first.place, (LogPlace{3, Order(1), 2}));
  EXPECT_EQ(first.customer_id, Customer(1));
  EXPECT_EQ(first.previous, OrderStatus::kUnknown);
  EXPECT_EQ(first.status, OrderStatus::kProcessing);
  EXPECT_EQ(first.notes, "first");
  EXPECT_EQ(first.changed_at, changed_at);
  EXPECT_EQ(first.id, Read(OfOrder(1), {}).changes.back()->id) << "the change that made it so";
  EXPECT_EQ(all.orders[1]->place, (LogPlace{3, Order(2), 1}));

  ASSERT_OK_AND_ASSIGN(const ports::OrderStates one, log().States(OfOrder(2), std::nullopt, 10, {}));
  ASSERT_THAT(one.orders, SizeIs(1));
  EXPECT_EQ(one.orders[0]->place.order_id, Order(2));
  ASSERT_OK_AND_ASSIGN(const ports::OrderStates unknown, log().States(OfOrder(9), std::nullopt, 10, {}));
  EXPECT_THAT(unknown.orders, IsEmpty());
  EXPECT_EQ(unknown.number, 3);
}

// In the order of creation, those of one moment by their ids.
TEST_P(OrderLogContract, StatesPageByPage_AreAllOrdersOfTheScopeOnce) {
  Append({Created(5, 1), Created(3, 2), Created(4, 1)});
  Append({Created(1, 1)});
  Append({Created(2, 1), Created(6, 2), Created(0, 1)});
  const auto read = [&](const ports::OrderScope& scope, int limit) {
    std::vector<domain::OrderId> ids;
    std::optional<ports::OrderStates::After> after;
    do {
      const auto page = log().States(scope, after, limit, {});
      EXPECT_THAT(page, fakes::IsOk());
      if (!page.ok()) break;
      EXPECT_LE(std::ssize(page->orders), limit);
      for (const auto& order : page->orders) ids.push_back(order->place.order_id);
      after = page->next;
    } while (after);
    return ids;
  };
  for (const int limit : {1, 2, 3, 7, 100}) {
    SCOPED_TRACE(limit);
    EXPECT_THAT(read({}, limit), ElementsAre(Order(3), Order(4), Order(5), Order(1), Order(0), Order(2), Order(6)));
    EXPECT_THAT(read(OfCustomer(1), limit), ElementsAre(Order(4), Order(5), Order(1), Order(0), Order(2)));
    EXPECT_THAT(read(OfCustomer(2), limit), ElementsAre(Order(3), Order(6)));
    EXPECT_THAT(read(OfCustomer(9), limit), IsEmpty());
    EXPECT_THAT(read(OfOrder(1), limit), ElementsAre(Order(1)));
  }
}

TEST_P(OrderLogContract, NumberBefore_IsTheLastOlderCommitUpToANumber) {
  const absl::Time start = clock().Now();
  for (int i = 1; i <= 5; ++i) Append({});  // at start + i seconds
  EXPECT_THAT(log().NumberBefore(start, 5, {}), IsOkAndHolds(0));
  EXPECT_THAT(log().NumberBefore(start + absl::Seconds(1), 5, {}), IsOkAndHolds(0)) << "older, not as old";
  EXPECT_THAT(log().NumberBefore(start + absl::Milliseconds(3'500), 5, {}), IsOkAndHolds(3));
  EXPECT_THAT(log().NumberBefore(start + absl::Milliseconds(3'500), 2, {}), IsOkAndHolds(2));
  EXPECT_THAT(log().NumberBefore(start + absl::Hours(1), 5, {}), IsOkAndHolds(5));
  EXPECT_THAT(log().NumberBefore(start + absl::Hours(1), 500, {}), IsOkAndHolds(5)) << "ahead of the log";
  // Where the server's clock was set back, a later commit may be the older one.
  clock().Set(start);
  Append({});
  EXPECT_THAT(log().NumberBefore(start + absl::Milliseconds(3'500), 6, {}), IsOkAndHolds(6));
}

}  // namespace
}  // namespace logistics::contract
