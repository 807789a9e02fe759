// Random commands in random batches over the tables of the fakes; the invariants are asserted after each batch.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "fakes/fake_clock.hpp"
#include "fakes/memory_tables.hpp"
#include "fakes/priced.hpp"
#include "fakes/seed.hpp"
#include "fakes/sequential_ids.hpp"

namespace logistics::commands {
namespace {

using domain::OrderStatus;
using domain::ReservationState;
using domain::StockAction;

constexpr int kBatches = 300;
constexpr int kBatchMax = 8;

class RandomCommands {
 public:
  RandomCommands(std::uint64_t seed, const domain::StockPolicy& policy) : random_(seed), tables_(ids_, clock_, policy) {
    for (int i = 0; i < 4; ++i) {
      const domain::ProductId id(ids_.NewId());
      products_.push_back(id);
      tables_.products[id] = {id, "SKU-" + std::to_string(i), "", "", "", {}, {}, {}};
      tables_.skus["SKU-" + std::to_string(i)] = id;
    }
  }

  void Step() {
    std::vector<Command> batch;
    std::vector<ConflictKey> taken;
    const int wanted = Number(1, kBatchMax);
    for (int i = 0; i < wanted; ++i) {
      Command command = Any();
      const std::vector<ConflictKey> keys = NeedsOf(command).conflict_keys;
      const bool free = std::none_of(keys.begin(), keys.end(), [&](const ConflictKey& key) {
        return std::find(taken.begin(), taken.end(), key) != taken.end();
      });
      if (!free) continue;
      taken.insert(taken.end(), keys.begin(), keys.end());
      batch.push_back(std::move(command));
    }
    clock_.Advance(absl::Milliseconds(Number(0, 5)));
    const Counts before = Count();
    const auto outcomes = tables_.RunBatch(batch);
    const bool all_refused =
        std::none_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) { return outcome.ok(); });
    if (all_refused) {
      EXPECT_EQ(before, Count()) << "refused commands leave nothing";
    }
    for (const auto& outcome : outcomes) {
      ++(outcome.ok() ? done_ : refused_);
      EXPECT_NE(outcome.status().code(), absl::StatusCode::kInternal) << outcome.status();
    }
    for (const Command& command : batch) Remember(command);
    Check();
  }

  int done() const { return done_; }
  int refused() const { return refused_; }

 private:
  using Counts = std::array<std::size_t, 9>;

  int Number(int min, int max) { return std::uniform_int_distribution<int>(min, max)(random_); }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(Number(0, static_cast<int>(from.size()) - 1))];
  }
  // One of those that are known, or a new one.
  domain::Uuid SomeId() { return ids_seen_.empty() || Number(0, 9) == 0 ? ids_.NewId() : Pick(ids_seen_); }

  domain::NewOrder AnOrder() {
    domain::OrderDraft draft;
    draft.customer_id = customer_.ToString();
    if (Number(0, 2) == 0) draft.idempotency_key = "key " + std::to_string(Number(0, 5));
    const int lines = Number(1, 3);
    for (int i = 0; i < lines; ++i) {
      const domain::ProductId product = Number(0, 19) == 0 ? domain::ProductId(ids_.NewId()) : Pick(products_);
      draft.lines.push_back({product.ToString(), "", "", Number(1, 4), 1.0, 0});
    }
    if (Number(0, 4) == 0) {
      draft.payment.emplace();
      draft.payment->info.payment_method = "card";
      draft.payment->info.transaction_id = "tx";
      draft.payment->info.is_paid = true;
    }
    return fakes::Priced(draft, warehouse_, ids_);
  }

  domain::PaymentNotice ANotice(const domain::OrderId& id) {
    const auto order = tables_.orders.find(id);
    const bool failed = Number(0, 2) == 0;
    return {failed ? domain::PaymentOutcome::kFailed : domain::PaymentOutcome::kProcessed,
            ids_.NewId(),
            id,
            order == tables_.orders.end() || Number(0, 9) == 0
                ? "0.01"
                : domain::DecimalString(order->second.total_minor, order->second.currency),
            "USD",
            "card",
            "tx",
            failed ? "declined" : "",
            failed ? "no" : ""};
  }

  Command Any() {
    switch (Number(0, 9)) {
      case 0:
      case 1:
      case 2:
        return CreateOrder{AnOrder()};
      case 3:
      case 4:
        return ChangeStatus{{domain::OrderId(SomeId()), static_cast<OrderStatus>(Number(1, 6)), "why", "who",
                             Number(0, 4) == 0 ? std::optional<std::int64_t>(Number(1, 4)) : std::nullopt}};
      case 5:
        return AdjustStock{{{Pick(products_), warehouse_}, Number(-10, 30), "count", ""}};
      case 6:
        return ReserveStock{{SomeId(), warehouse_, {{Pick(products_), "", Number(1, 5)}}}};
      case 7:
        return EndReservation{SomeId(), Number(0, 1) == 0 ? StockAction::kRelease : StockAction::kCommit, "end"};
      case 8:
        return ExpireReservation{SomeId()};
      default: {
        const std::string message = "message " + std::to_string(Number(0, 200));
        return ApplyPayment{ANotice(domain::OrderId(SomeId())), {"payments", message, std::nullopt}};
      }
    }
  }

  void Remember(const Command& command) {
    if (const auto* create = std::get_if<CreateOrder>(&command)) ids_seen_.push_back(create->order.order.id.uuid());
    if (const auto* reserve = std::get_if<ReserveStock>(&command)) ids_seen_.push_back(reserve->request.id.uuid);
  }

  Counts Count() const {
    std::size_t history = 0;
    for (const auto& [id, rows] : tables_.history) history += rows.size();
    return {tables_.orders.size(),
            history,
            tables_.reservations.size(),
            tables_.levels.size(),
            tables_.movements.size(),
            tables_.events.size(),
            tables_.payments.size(),
            tables_.keys.size(),
            static_cast<std::size_t>(tables_.commits)};
  }

  void Check() {
    CheckStock();
    CheckOrders();
    CheckKeys();
  }

  // The ledger sums up to each level, which is never out of bounds and reserves what the reservations hold.
  void CheckStock() {
    std::map<domain::LevelKey, domain::StockLevel> ledger;
    for (const domain::StockMovement& movement : tables_.movements) {
      domain::StockLevel& level = ledger[movement.key];
      level.quantity += movement.quantity_delta;
      level.reserved += movement.reserved_delta;
      EXPECT_EQ(level, (domain::StockLevel{movement.quantity_after, movement.reserved_after}));
    }
    std::map<domain::LevelKey, std::int64_t> held;
    for (const auto& [id, stored] : tables_.reservations) {
      if (stored.reservation.state != ReservationState::kHeld) continue;
      for (const domain::StockItem& item : stored.reservation.items) {
        held[{item.product_id, stored.reservation.warehouse_id}] += item.quantity;
      }
    }
    for (const auto& [key, stored] : tables_.levels) {
      EXPECT_EQ(stored.level, ledger[key]);
      EXPECT_EQ(stored.level.reserved, held[key]);
      EXPECT_GE(stored.level.reserved, 0);
      EXPECT_LE(stored.level.reserved, stored.level.quantity);
    }
  }

  // Versions are dense, one history row a change, and each row has its event; each order has its reservation.
  void CheckOrders() {
    std::map<domain::OrderId, std::vector<std::string>> emitted;
    for (const domain::Event& event : tables_.events) {
      if (const auto id = domain::OrderingKeyOf(event.data).order_id) {
        if (domain::StreamOf(event.data) == domain::EventStream::kOrder) {
          emitted[*id].emplace_back(domain::EventType(event.data));
        }
      }
    }
    for (const auto& [id, order] : tables_.orders) {
      const auto& history = tables_.history.at(id);
      ASSERT_EQ(static_cast<std::int64_t>(history.size()), order.version);
      std::vector<std::string> expected = {"OrderCreated"};
      for (std::size_t i = 0; i < history.size(); ++i) {
        EXPECT_EQ(history[i].version, static_cast<std::int64_t>(i) + 1);
        if (i == 0) continue;
        EXPECT_EQ(history[i].previous, history[i - 1].status);
        expected.emplace_back("OrderStatusChanged");
        if (history[i].status == OrderStatus::kCancelled) expected.emplace_back("OrderCancelled");
      }
      EXPECT_EQ(history.back().status, order.status);
      EXPECT_EQ(emitted[id], expected);
      const ReservationState state = tables_.reservations.at(id.uuid()).reservation.state;
      if (order.status == OrderStatus::kCancelled) {
        EXPECT_NE(state, ReservationState::kHeld);
      } else {
        EXPECT_NE(state, ReservationState::kReleased);
      }
    }
  }

  // Only an order that was made is remembered.
  void CheckKeys() {
    for (const auto& [key, made] : tables_.keys) EXPECT_TRUE(tables_.orders.contains(made.order_id));
  }

  std::mt19937_64 random_;
  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  fakes::MemoryTables tables_;
  std::vector<domain::ProductId> products_;
  std::vector<domain::Uuid> ids_seen_;
  const domain::WarehouseId warehouse_{ids_.NewId()};
  const domain::CustomerId customer_{ids_.NewId()};
  int done_ = 0;
  int refused_ = 0;
};

class CommandsProperty : public testing::TestWithParam<domain::StockPolicy> {};

TEST_P(CommandsProperty, AfterEveryBatch_TheInvariantsHold) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomCommands run(seed, GetParam());
  for (int i = 0; i < kBatches && !testing::Test::HasFailure(); ++i) run.Step();
  EXPECT_GT(run.done(), kBatches / 4);
  EXPECT_GT(run.refused(), kBatches / 4);
}

INSTANTIATE_TEST_SUITE_P(Policies, CommandsProperty,
                         testing::Values(domain::StockPolicy{},
                                         domain::StockPolicy{.commit_on = domain::CommitOn::kCreated},
                                         domain::StockPolicy{.restock_returns = true}),
                         [](const auto& info) { return "Policy" + std::to_string(info.index); });

}  // namespace
}  // namespace logistics::commands
