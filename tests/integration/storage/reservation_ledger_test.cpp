// The ledger of reservations over rows as the saga leaves them, and beside a saga that goes on.
#include "storage/stores/postgres_reservation_ledger.hpp"

#include <atomic>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fakes/scripted_peer.hpp"
#include "fakes/seed.hpp"
#include "integration/storage/storage_fixture.hpp"
#include "service/saga/reservation_comparison.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;

class ReservationLedgerTest : public StorageFixture {
 protected:
  // A reservation of so many pieces of each product, made and changed so long ago.
  domain::Uuid Add(const std::string& state, const std::vector<std::pair<domain::ProductId, int>>& items,
                   const std::string& made_ago = "1 hour", const std::string& changed_ago = "1 hour",
                   const std::string& keeper = "peer") {
    const domain::Uuid id = ids_.NewId();
    std::string products;
    std::string quantities;
    for (const auto& [product, quantity] : items) {
      absl::StrAppend(&products, products.empty() ? "" : ",", product.ToString());
      absl::StrAppend(&quantities, quantities.empty() ? "" : ",", quantity);
    }
    database_.Query(absl::StrCat("INSERT INTO reservations VALUES ('", id.ToString(), "', '", warehouse_.ToString(),
                                 "', '", state, "', '{", products, "}', array_fill('any'::text, ARRAY[", items.size(),
                                 "]), '{", quantities, "}', now() - interval '", made_ago, "', now() - interval '",
                                 changed_ago, "', '", keeper, "')"));
    return id;
  }
  void AddSettlement(const domain::Uuid& id, const std::string& steps, const std::string& made_ago = "1 hour") {
    database_.Query(
        absl::StrCat("INSERT INTO settlements (reservation_id, steps, reason, due_at, created_at) VALUES ('",
                     id.ToString(), "', '{", steps, "}', '', now(), now() - interval '", made_ago, "')"));
  }
  std::string Steps(const domain::Uuid& id) const {
    const pqxx::result rows = database_.Query(absl::StrCat(
        "SELECT array_to_string(steps, ',') FROM settlements WHERE reservation_id = '", id.ToString(), "'"));
    return rows.empty() ? "" : rows[0][0].c_str();
  }
  ports::ReservationSnapshot Snapshot(std::optional<absl::Time> since = std::nullopt) {
    const absl::StatusOr<ports::ReservationSnapshot> snapshot = ledger_.Snapshot(since, {});
    EXPECT_THAT(snapshot, IsOk());
    return snapshot.ok() ? *snapshot : ports::ReservationSnapshot();
  }
  domain::LevelKey At(const domain::ProductId& product) const { return {product, warehouse_}; }

  SessionPool pool_{Options(), 2};
  PostgresReservationLedger ledger_{pool_};
  const domain::ProductId chair_{ids_.NewId()};
  const domain::ProductId table_{ids_.NewId()};
};

TEST_F(ReservationLedgerTest, Snapshot_SeparatesHeldFromInFlight) {
  EXPECT_THAT(Snapshot().levels, IsEmpty());
  Add("held", {{chair_, 3}, {table_, 1}});
  Add("held", {{chair_, 4}});
  Add("intent", {{chair_, 10}});
  AddSettlement(Add("released", {{chair_, 20}}), "release,release_again");
  AddSettlement(Add("committed", {{table_, 30}}), "commit");
  AddSettlement(Add("restocked", {{table_, 40}}), "commit,\"restock 0\"");
  Add("released", {{chair_, 100}});
  Add("committed", {{chair_, 100}});
  AddSettlement(Add("restocked", {{chair_, 100}}), "\"restock 0\"");
  EXPECT_THAT(Snapshot().levels, ElementsAre(ports::ExpectedReserved{At(chair_), 7, 30, 0},
                                             ports::ExpectedReserved{At(table_), 1, 70, 0}));
}

TEST_F(ReservationLedgerTest, SnapshotSince_KnowsChangedAndCreatedReservations) {
  const absl::Time since = Snapshot().taken_at - absl::Minutes(10);
  Add("held", {{chair_, 1}});
  Add("held", {{chair_, 2}}, "1 hour", "5 minutes");
  Add("held", {{chair_, 4}}, "5 minutes", "5 minutes");
  Add("released", {{chair_, 8}}, "5 minutes", "4 minutes");
  AddSettlement(Add("released", {{chair_, 16}}), "release", "5 minutes");
  AddSettlement(Add("released", {{chair_, 32}}), "release", "1 hour");
  Add("released", {{chair_, 64}}, "1 hour", "5 minutes");
  EXPECT_THAT(Snapshot(since).levels, ElementsAre(ports::ExpectedReserved{At(chair_), 1, 2 + 4 + 16 + 32, 4 + 8 + 16}));
}

TEST_F(ReservationLedgerTest, Requeue_IsReleaseOfReleasedAndCommitOfCommittedOnes) {
  const domain::Uuid released = Add("released", {{chair_, 1}, {table_, 1}});
  const domain::Uuid committed = Add("committed", {{chair_, 1}}, "20 days", "10 days");
  const domain::Uuid other = Add("released", {{table_, 1}});
  const domain::Uuid held = Add("held", {{chair_, 1}});
  const domain::Uuid intent = Add("intent", {{chair_, 1}});
  const domain::Uuid restocked = Add("restocked", {{chair_, 1}});
  const domain::Uuid old = Add("released", {{chair_, 1}}, "31 days", "30 days");
  const domain::Uuid waiting = Add("released", {{chair_, 1}});
  AddSettlement(waiting, "release_again");

  ASSERT_OK_AND_ASSIGN(const ports::Requeued requeued, ledger_.Requeue({chair_}, absl::Hours(30 * 24), 100, {}));
  EXPECT_EQ(requeued.reservations, 2);
  EXPECT_TRUE(requeued.all);
  EXPECT_EQ(Steps(released), "release");
  EXPECT_EQ(Steps(committed), "commit");
  EXPECT_EQ(Steps(waiting), "release_again");
  for (const domain::Uuid& id : {other, held, intent, restocked, old}) EXPECT_EQ(Steps(id), "");

  ASSERT_OK_AND_ASSIGN(const ports::Requeued twice, ledger_.Requeue({chair_}, absl::Hours(30 * 24), 100, {}));
  EXPECT_EQ(twice.reservations, 0);
  ASSERT_OK_AND_ASSIGN(const ports::Requeued nothing, ledger_.Requeue({}, absl::Hours(30 * 24), 100, {}));
  EXPECT_EQ(nothing.reservations, 0);
}

TEST_F(ReservationLedgerTest, Requeue_IsBoundedAndBeginsWithTheNewest) {
  const domain::Uuid oldest = Add("released", {{chair_, 1}}, "9 days");
  const domain::Uuid middle = Add("released", {{chair_, 1}}, "2 days");
  const domain::Uuid newest = Add("released", {{chair_, 1}}, "1 minute");
  ASSERT_OK_AND_ASSIGN(const ports::Requeued requeued, ledger_.Requeue({chair_}, absl::Hours(30 * 24), 2, {}));
  EXPECT_EQ(requeued.reservations, 2);
  EXPECT_FALSE(requeued.all);
  EXPECT_EQ(Steps(newest), "release");
  EXPECT_EQ(Steps(middle), "release");
  EXPECT_EQ(Steps(oldest), "");
}

TEST_F(ReservationLedgerTest, RestocksInDoubt_AreListedOldestFirst) {
  for (const char* since : {"1 hour", "2 hours"}) {
    database_.Query(absl::StrCat("INSERT INTO restocks_in_doubt VALUES (gen_random_uuid(), '", chair_.ToString(),
                                 "', '", warehouse_.ToString(), "', 'CHAIR', 2, 'no answer', now() - interval '", since,
                                 "')"));
  }
  ASSERT_OK_AND_ASSIGN(const std::vector<ports::RestockInDoubt> restocks, ledger_.RestocksInDoubt(10, {}));
  ASSERT_EQ(restocks.size(), 2U);
  EXPECT_LT(restocks[0].since, restocks[1].since);
  EXPECT_EQ(restocks[0].key, At(chair_));
  EXPECT_EQ(restocks[0].sku, "CHAIR");
  EXPECT_EQ(restocks[0].quantity, 2);
  ASSERT_OK_AND_ASSIGN(const std::vector<ports::RestockInDoubt> first, ledger_.RestocksInDoubt(1, {}));
  EXPECT_EQ(first.size(), 1U);
}

TEST_F(ReservationLedgerTest, LedgerOfManySettledOrders_ReadsTheOpenOnes) {
  database_.Query(absl::StrCat("INSERT INTO reservations SELECT gen_random_uuid(), '", warehouse_.ToString(),
                               "', 'committed', '{", chair_.ToString(),
                               "}', '{any}', '{1}', now() - interval '1 year' + i * interval '1 minute', now(), 'peer' "
                               "FROM generate_series(1, 20000) i"));
  Add("held", {{chair_, 3}});
  database_.Query("ANALYZE reservations");
  const pqxx::result plan = database_.Query(
      "EXPLAIN SELECT 1 FROM reservations r LEFT JOIN settlements s ON s.reservation_id = r.id WHERE r.state = 'held'");
  std::string text;
  for (const pqxx::row& row : plan) absl::StrAppend(&text, row[0].c_str(), "\n");
  EXPECT_THAT(text, testing::HasSubstr("reservations_held_by_age"));
  EXPECT_THAT(Snapshot().levels, ElementsAre(ports::ExpectedReserved{At(chair_), 3, 0, 0}));
}

// Whatever the saga does meanwhile, one look explains what the peer says: the two ledgers around it leave no gap.
TEST_F(ReservationLedgerTest, LooksBesideOrdersThatComeAndGo_NeverSeeDrift) {
  constexpr int kWorkers = 4;
  constexpr int kLooks = 150;
  const std::uint64_t seed = fakes::TestSeed();
  fakes::ScriptedPeer peer;
  peer.SetLevel(At(chair_), {1'000'000, 0});
  std::atomic<bool> done = false;
  const auto change = [&](pqxx::connection& connection, const std::string& sql) {
    pqxx::work work(connection);
    work.exec(sql);
    work.commit();
  };
  const auto work = [&](std::uint64_t worker_seed) {
    pqxx::connection connection(database_.url());
    std::mt19937_64 random(worker_seed);
    std::vector<domain::Uuid> open;
    while (!done) {
      const domain::Uuid id = ids_.NewId();
      const std::string quoted = absl::StrCat("'", id.ToString(), "'");
      change(connection,
             absl::StrCat("INSERT INTO reservations VALUES (", quoted, ", '", warehouse_.ToString(), "', 'intent', '{",
                          chair_.ToString(), "}', '{any}', '{2}', now(), now(), 'peer')"));
      peer.Reserve(id, warehouse_, {{chair_, "any", 2}}, {});
      change(connection,
             absl::StrCat("UPDATE reservations SET state = 'held', updated_at = now() WHERE id = ", quoted));
      open.push_back(id);
      if (open.size() < 5 && random() % 2 == 0) continue;
      std::swap(open[random() % open.size()], open.back());
      const std::string closing = absl::StrCat("'", open.back().ToString(), "'");
      const bool commit = random() % 2 == 0;
      change(connection,
             absl::StrCat("UPDATE reservations SET state = '", commit ? "committed" : "released",
                          "', updated_at = now() WHERE id = ", closing, "; INSERT INTO settlements VALUES (", closing,
                          ", '{", commit ? "commit" : "release", "}', '', now())"));
      if (commit) {
        EXPECT_THAT(peer.Commit(open.back(), {}), IsOk());
      } else {
        EXPECT_THAT(peer.Release(open.back(), "", {}), IsOk());
      }
      change(connection, "DELETE FROM settlements WHERE reservation_id = " + closing);
      open.pop_back();
    }
  };
  std::vector<std::jthread> workers;
  for (int i = 0; i < kWorkers; ++i) workers.emplace_back(work, seed + static_cast<std::uint64_t>(i));
  for (int i = 0; i < kLooks && !HasFailure(); ++i) {
    const ports::ReservationSnapshot before = Snapshot();
    ASSERT_OK_AND_ASSIGN(const std::vector<ports::LevelRow> rows, peer.Levels({}, {}, {}));
    const ports::ReservationSnapshot after = Snapshot(before.taken_at);
    for (const auto& [key, drift] : service::CompareReservations(before, rows, after)) {
      ADD_FAILURE() << "look " << i << ", seed " << seed << ": reserved " << drift.reserved << ", expected "
                    << drift.expected_min << " to " << drift.expected_max;
    }
  }
  done = true;
  workers.clear();
  const ports::ReservationSnapshot last = Snapshot();
  ASSERT_EQ(last.levels.size(), 1U);
  EXPECT_EQ(last.levels[0].held, peer.PendingOfAll());
  EXPECT_EQ(last.levels[0].in_flight, 0);
}

TEST_F(ReservationLedgerTest, ReservationsInOurOwnBooks_AreNotThePeers) {
  Add("held", {{chair_, 3}}, "1 hour", "1 hour", "self");
  Add("released", {{chair_, 5}}, "1 hour", "1 hour", "self");
  Add("held", {{chair_, 2}});
  EXPECT_THAT(Snapshot().levels, ElementsAre(ports::ExpectedReserved{At(chair_), 2, 0, 0}));
  ASSERT_OK_AND_ASSIGN(const ports::Requeued requeued, ledger_.Requeue({chair_}, absl::Hours(24), 100, {}));
  EXPECT_EQ(requeued.reservations, 0);
}

}  // namespace
}  // namespace logistics::storage
