#include <atomic>
#include <mutex>

#include "logistics/domain/errors.hpp"
#include "unit/remote_inventory/grpc/peer_fixture.hpp"

namespace logistics::remote_inventory {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr char kRetries[] = "logistics_inventory_read_retries_total";

class ReadsTest : public PeerFixture {
 protected:
  static void AddLevel(const domain::ProductId& product, const domain::WarehouseId& warehouse, std::int64_t quantity,
                       ::inventory::GetInventoryLevelsResponse& response) {
    ::inventory::InventoryLevel& level = *response.add_levels();
    level.set_item_id(product.ToString());
    level.set_location_id(warehouse.ToString());
    level.set_quantity(quantity);
  }
  // Two products in two warehouses, answered as the real service does: the first item and the first location count.
  void ServeTwoByTwo() {
    service_.levels = [this](const Asked&, const auto& request, auto& response) {
      {
        const std::scoped_lock lock(mutex_);
        questions_.push_back(absl::StrCat(request.item_ids_size(), "x", request.location_ids_size()));
      }
      for (std::uint8_t product = 1; product <= 2; ++product) {
        for (std::uint8_t warehouse = 1; warehouse <= 2; ++warehouse) {
          if (request.item_ids_size() > 0 && request.item_ids(0) != Id(product).ToString()) continue;
          if (request.location_ids_size() > 0 && request.location_ids(0) != Id(warehouse).ToString()) continue;
          AddLevel(Product(product), Warehouse(warehouse), 10 * product + warehouse, response);
        }
      }
      return grpc::Status::OK;
    };
  }
  std::vector<std::int64_t> Quantities(const std::vector<domain::ProductId>& products,
                                       const std::vector<domain::WarehouseId>& warehouses) {
    const auto rows = peer_->Levels(products, warehouses, Within(kPatience));
    EXPECT_THAT(rows, IsOk());
    std::vector<std::int64_t> quantities;
    if (rows.ok()) {
      for (const ports::LevelRow& row : *rows) quantities.push_back(row.level.quantity);
    }
    return quantities;
  }

  std::mutex mutex_;
  std::vector<std::string> questions_;  // guarded by mutex_
};

TEST_F(ReadsTest, Levels_AreAskedForOneProductAndOneWarehouseAtATime) {
  ServeTwoByTwo();
  Connect();
  EXPECT_EQ(Quantities({Product(2), Product(1), Product(2)}, {Warehouse(2), Warehouse(1)}),
            (std::vector<std::int64_t>{11, 12, 21, 22}));
  EXPECT_THAT(questions_, UnorderedElementsAre("1x1", "1x1", "1x1", "1x1"));
  questions_.clear();
  EXPECT_EQ(Quantities({Product(2), Product(1)}, {}), (std::vector<std::int64_t>{11, 12, 21, 22}));
  EXPECT_THAT(questions_, UnorderedElementsAre("1x0", "1x0"));
}

TEST_F(ReadsTest, Levels_WithoutProductsAreOneQuestionForAll) {
  ServeTwoByTwo();
  Connect();
  EXPECT_THAT(Quantities({}, {}), SizeIs(4));
  EXPECT_EQ(Quantities({}, {Warehouse(2)}), (std::vector<std::int64_t>{12, 22}));
  EXPECT_THAT(questions_, UnorderedElementsAre("0x0", "0x0"));
}

TEST_F(ReadsTest, Levels_WhatThePeerAddsIsLeftOutAndWhatIsNoUuidIsAnError) {
  service_.levels = [](const Asked&, const auto&, auto& response) {
    AddLevel(Product(1), Warehouse(1), 1, response);
    AddLevel(Product(2), Warehouse(1), 2, response);
    return grpc::Status::OK;
  };
  Connect();
  EXPECT_EQ(Quantities({Product(1)}, {}), (std::vector<std::int64_t>{1}));
  service_.levels = [](const Asked&, const auto&, auto& response) {
    response.add_levels()->set_item_id("chair");
    return grpc::Status::OK;
  };
  EXPECT_THAT(peer_->Levels({}, {}, Within(kPatience)), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(ReadsTest, Unavailable_IsTriedAgainWithinTheAttempts) {
  std::atomic<int> failures{2};
  service_.item = [&](const Asked&, const auto& request, auto& response) {
    if (failures-- > 0) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "");
    response.mutable_item()->set_id(request.id());
    response.mutable_item()->set_sku("CHAIR");
    return grpc::Status::OK;
  };
  Connect();
  ASSERT_OK_AND_ASSIGN(const domain::Product product, peer_->GetProduct(Product(1), Within(kPatience)));
  EXPECT_EQ(product.sku, "CHAIR");
  EXPECT_EQ(service_.Calls("item"), 3);
  EXPECT_EQ(metrics_.Value(kRetries, {{"result", "retried"}}), 2);
  failures = 1000;
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(service_.Calls("item"), 6);
}

TEST_F(ReadsTest, Retries_EndWithTheBudget) {
  options_.reads.budget_max = 2;
  options_.reads.budget_ratio = 0;
  service_.item = [](const Asked&, const auto&, auto&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, ""); };
  Connect();
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_EQ(service_.Calls("item"), 5 + 2);
  EXPECT_EQ(metrics_.Value(kRetries, {{"result", "over_budget"}}), 4);
}

TEST_F(ReadsTest, Retries_DoNotGoBeyondTheDeadline) {
  options_.reads.delay_min = absl::Minutes(1);
  options_.reads.delay_max = absl::Minutes(1);
  service_.item = [](const Asked&, const auto&, auto&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, ""); };
  Connect();
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(absl::Seconds(10))), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(service_.Calls("item"), 1);
}

TEST_F(ReadsTest, AnswersThatAreNoFailureAreNotTriedAgain) {
  grpc::StatusCode code = grpc::StatusCode::NOT_FOUND;
  service_.item = [&](const Asked&, const auto&, auto&) { return grpc::Status(code, "words of the peer"); };
  Connect();
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kNotFound));
  code = grpc::StatusCode::INTERNAL;
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kInternal));
  code = grpc::StatusCode::UNIMPLEMENTED;
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kUnavailable));
  code = grpc::StatusCode::RESOURCE_EXHAUSTED;
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(service_.Calls("item"), 4);
}

TEST_F(ReadsTest, GetProduct_AnotherProductThanAskedForIsAnError) {
  service_.item = [](const Asked&, const auto&, auto& response) {
    response.mutable_item()->set_id(Id(2).ToString());
    return grpc::Status::OK;
  };
  Connect();
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(ReadsTest, ListProducts_PassesThePageOn) {
  ::inventory::ListItemsRequest seen;
  Connect();
  service_.items = [&](const Asked& asked, const auto& request, auto& response) {
    if (asked.Header("x-correlation-id") == "test") seen = request;
    response.add_items()->set_id(Id(1).ToString());
    response.mutable_items(0)->set_sku("CHAIR");
    (*response.mutable_items(0)->mutable_attributes())["colour"] = "red";
    response.set_total(41);
    return grpc::Status::OK;
  };
  ASSERT_OK_AND_ASSIGN(const ports::ProductPage page, peer_->ListProducts("seats", 3, 20, Within(kPatience)));
  EXPECT_EQ(page.total_count, 41);
  ASSERT_THAT(page.products, SizeIs(1));
  EXPECT_EQ(page.products[0].attributes.at("colour"), "red");
  EXPECT_EQ(seen.page(), 3);
  EXPECT_EQ(seen.page_size(), 20);
  EXPECT_EQ(seen.category(), "seats");
}

TEST_F(ReadsTest, IdsArePassedOn) {
  std::mutex mutex;
  std::string correlation_id;
  std::string traceparent;
  service_.item = [&](const Asked& asked, const auto&, auto&) {
    const std::scoped_lock lock(mutex);
    correlation_id = asked.Header("x-correlation-id");
    traceparent = asked.Header("traceparent");
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "");
  };
  Connect();
  ports::CallContext context = Within(kPatience);
  context.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_THAT(peer_->GetProduct(Product(1), context), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(correlation_id, "test");
  EXPECT_EQ(traceparent, context.traceparent);
  // What HTTP cannot carry is left out.
  context.correlation_id = "two\nlines";
  context.traceparent.clear();
  EXPECT_THAT(peer_->GetProduct(Product(1), context), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(correlation_id, "");
  EXPECT_EQ(traceparent, "");
}

TEST_F(ReadsTest, CallsAreCountedByMethodAndCode) {
  service_.item = [](const Asked&, const auto&, auto&) { return grpc::Status(grpc::StatusCode::NOT_FOUND, ""); };
  Connect();
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(metrics_.Value("logistics_inventory_calls_total", {{"method", "GetItem"}, {"code", "NOT_FOUND"}}), 1);
  EXPECT_EQ(metrics_.Value("logistics_inventory_call_seconds", {{"method", "GetItem"}}), 1);
}

}  // namespace
}  // namespace logistics::remote_inventory
