// Many at once, and what has to hold afterwards.
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "contract/store_contract.hpp"
#include "fakes/seed.hpp"

namespace logistics::contract {
namespace {

using domain::Order;
using domain::OrderStatus;
using fakes::IsOk;
using fakes::StatusIs;

using fakes::kRefused;

TEST_P(StoreContract, Orders_200AtOnceOn50Pieces_SellExactly50) {
  const auto box = ProductWith("BOX", 50);
  std::vector<domain::NewOrder> wanted;
  for (int i = 0; i < 200; ++i) wanted.push_back(OrderOf({{box}}));
  NewEvents();
  std::atomic<int> sold = 0;
  AtOnce(200, [&](int i) {
    const auto order = Create(wanted[static_cast<std::size_t>(i)]);
    if (order.ok()) {
      ++sold;
    } else {
      EXPECT_THAT(order, StatusIs(kRefused));
    }
  });
  EXPECT_EQ(sold, 50);
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{50, 50}));
  const auto types = NewEventTypes();
  EXPECT_EQ(std::count(types.begin(), types.end(), "OrderCreated"), 50);
  EXPECT_EQ(std::count(types.begin(), types.end(), "InventoryReserved"), 50);
  EXPECT_EQ(types.size(), 100U);
  EXPECT_EQ(orders().List({}, {})->total_count, 50);
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Orders_OfTheSameProductsInAnyOrder_AllSucceedWhileStockLasts) {
  std::vector<domain::ProductId> products;
  for (const char* sku : {"A", "B", "C", "D"}) products.push_back(ProductWith(sku, 64));
  std::vector<domain::NewOrder> wanted;
  for (std::size_t i = 0; i < 64; ++i) {
    std::vector<Wanted> lines;
    for (std::size_t k = 0; k < 4; ++k) lines.push_back({products[i % 2 == 0 ? (i + k) % 4 : (i + 4 - k) % 4], 1});
    wanted.push_back(OrderOf(lines));
  }
  AtOnce(64, [&](int i) { EXPECT_THAT(Create(wanted[static_cast<std::size_t>(i)]), IsOk()); });
  for (const domain::ProductId& product : products) EXPECT_EQ(LevelOf(product), (domain::StockLevel{64, 64}));
}

TEST_P(StoreContract, Orders_TooLargeAmongSmallOnes_AreRefusedAlone) {
  const auto box = ProductWith("BOX", 60);
  std::vector<domain::NewOrder> wanted;
  for (int i = 0; i < 64; ++i) wanted.push_back(OrderOf({{box, i % 16 == 0 ? 1000 : 1}}));
  AtOnce(64, [&](int i) {
    const auto order = Create(wanted[static_cast<std::size_t>(i)]);
    if (i % 16 == 0) {
      EXPECT_THAT(order, StatusIs(kRefused));
    } else {
      EXPECT_THAT(order, IsOk());
    }
  });
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{60, 60}));
}

// What the events say about one order has to be its history, in its order.
void ExpectEventsTellHistories(const std::vector<domain::Event>& events,
                               const std::map<domain::OrderId, std::vector<fakes::HistoryRow>>& histories) {
  std::map<domain::OrderId, std::vector<OrderStatus>> told;
  std::map<domain::ProductId, std::int64_t> quantities;
  std::set<domain::Uuid> ids;
  for (const domain::Event& event : events) {
    EXPECT_TRUE(ids.insert(event.id).second);
    if (const auto* created = std::get_if<domain::OrderCreated>(&event.data)) {
      EXPECT_TRUE(told[created->order_id].empty());
      told[created->order_id].push_back(OrderStatus::kPending);
    } else if (const auto* changed = std::get_if<domain::OrderStatusChanged>(&event.data)) {
      ASSERT_FALSE(told[changed->order_id].empty());
      EXPECT_EQ(told[changed->order_id].back(), changed->previous_status);
      told[changed->order_id].push_back(changed->new_status);
    } else if (const auto* updated = std::get_if<domain::InventoryUpdated>(&event.data)) {
      EXPECT_EQ(std::exchange(quantities[updated->product_id], updated->new_quantity), updated->previous_quantity);
    }
  }
  EXPECT_EQ(told.size(), histories.size());
  for (const auto& [id, history] : histories) {
    std::vector<OrderStatus> statuses;
    for (const fakes::HistoryRow& row : history) statuses.push_back(row.status);
    EXPECT_EQ(told[id], statuses);
  }
}

TEST_P(StoreContract, RandomWorkAtOnce_ConservesStockAndTellsWhatHappened) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  policy_.restock_returns = seed % 2 == 0;
  std::vector<domain::ProductId> products;
  for (const char* sku : {"A", "B", "C"}) products.push_back(ProductWith(sku, 40));
  customer();  // made before the threads ask for it
  std::mutex mutex;
  std::vector<Order> placed;                                          // guarded by mutex
  std::map<domain::Uuid, std::map<domain::ProductId, int>> reserved;  // guarded by mutex; pieces of what is held
  std::vector<domain::Uuid> holds;                                    // guarded by mutex

  AtOnce(8, [&](int worker) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(worker));
    const auto upto = [&random](std::uint64_t limit) { return random() % (limit + 1); };
    for (int step = 0; step < 40; ++step) {
      absl::Status status;
      if (upto(9) < 4) {
        std::vector<Wanted> lines;
        for (std::uint64_t line = 0; line <= upto(2); ++line) {
          lines.push_back({products[upto(2)], static_cast<std::int32_t>(1 + upto(4))});
        }
        const auto order = Create(OrderOf(lines));
        status = order.status();
        const std::scoped_lock lock(mutex);
        if (order.ok()) placed.push_back(*order);
      } else if (upto(3) == 0) {
        ports::ReservationRequest hold = HoldOf({});
        std::map<domain::ProductId, int> pieces;
        for (std::uint64_t item = 0; item <= upto(2); ++item) {
          hold.items.push_back({products[upto(2)], "", static_cast<std::int32_t>(1 + upto(4))});
          pieces[*hold.items.back().product_id] += hold.items.back().quantity;
        }
        const auto answer = Reserve(hold);
        status = answer.status();
        const std::scoped_lock lock(mutex);
        if (answer.ok() && answer->held) holds.push_back(hold.id.uuid);
        if (answer.ok() && answer->held) reserved[hold.id.uuid] = pieces;
      } else if (upto(3) == 0) {
        std::optional<domain::Uuid> id;
        {
          const std::scoped_lock lock(mutex);
          if (!holds.empty()) id = holds[upto(holds.size() - 1)];
        }
        if (id) status = (upto(1) == 0 ? ReleaseHold(*id) : CommitHold(*id)).status();
        const std::scoped_lock lock(mutex);
        if (id) reserved.erase(*id);  // settled now, or before
      } else if (upto(5) == 0) {
        const auto delta = static_cast<std::int64_t>(upto(20)) - 8;
        status = stock().Adjust({Key(products[upto(2)]), delta, "count", ""}, {}).status();
      } else {
        std::optional<Order> order;
        {
          const std::scoped_lock lock(mutex);
          if (!placed.empty()) order = placed[upto(placed.size() - 1)];
        }
        if (order) status = Change(*order, static_cast<OrderStatus>(2 + upto(4))).status();
      }
      EXPECT_THAT(status, testing::AnyOf(IsOk(), StatusIs(kRefused)));
    }
  });

  std::map<domain::OrderId, std::vector<fakes::HistoryRow>> histories;
  std::map<domain::ProductId, std::int64_t> held;
  for (const Order& order : placed) {
    ASSERT_OK_AND_ASSIGN(const Order now, orders().Get(order.id, {}));
    const auto& history = histories[order.id] = harness().History(order.id);
    EXPECT_EQ(now.status, history.back().status);
    EXPECT_EQ(now.version, static_cast<std::int64_t>(history.size()));
    if (now.status != OrderStatus::kPending && now.status != OrderStatus::kProcessing) continue;
    for (const domain::OrderLine& line : now.lines) held[*line.product_id] += line.quantity;
  }
  for (const auto& [id, pieces] : reserved) {
    for (const auto& [product, quantity] : pieces) held[product] += quantity;
  }
  for (const domain::ProductId& product : products) EXPECT_EQ(LevelOf(product).reserved, held[product]);
  ExpectLedgersSumToLevels(products);
  ExpectEventsTellHistories(harness().Events(), histories);
}

}  // namespace
}  // namespace logistics::contract
