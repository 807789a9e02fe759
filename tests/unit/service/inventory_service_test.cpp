#include "logistics/service/inventory_service.hpp"

#include <gmock/gmock.h>

#include "fakes/bad_fields.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"

namespace logistics::service {
namespace {

using fakes::BadFields;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class InventoryServiceTest : public testing::Test {
 protected:
  std::string Created(const std::string& sku) {
    const auto product = service_.CreateItem({sku, "Name", "", "tools", {}, ""}, {});
    EXPECT_THAT(product, IsOk());
    return product.ok() ? product->id.ToString() : "";
  }

  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  const domain::WarehouseId default_warehouse_{ids_.NewId()};
  const domain::WarehouseId other_warehouse_{ids_.NewId()};
  fakes::MemoryStore store_{ids_, clock_};
  InventoryService service_{store_, ids_, clock_, default_warehouse_};
};

TEST_F(InventoryServiceTest, CreateItem_Good_GetsAnIdAndNoLevel) {
  ASSERT_OK_AND_ASSIGN(
      const domain::Product product,
      service_.CreateItem({"BOX", "Box", "of wood", "tools", {{"colour", "red"}}, other_warehouse_.ToString()}, {}));
  EXPECT_FALSE(product.id.uuid().is_nil());
  EXPECT_EQ(product.created_at, clock_.Now());
  EXPECT_THAT(service_.GetItem(product.id.ToString(), {}), IsOkAndHolds(product));
  EXPECT_THAT(service_.Levels({}, {}, {}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(service_.CreateItem({"BOX", "Other", "", "", {}, ""}, {}), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(InventoryServiceTest, CreateItem_NamesThatLookLikeOthers_AreRefusedEachByItsField) {
  const CreateItemRequest request{" BOX", "any name ", "", "to\u200Bols", {{"colour\n", "red "}}, ""};
  EXPECT_THAT(BadFields(service_.CreateItem(request, {}).status()),
              ElementsAre("sku", "category", testing::StartsWith("attributes[")));
  EXPECT_THAT(service_.ListItems(0, 0, "to\u200Bols", {}), IsOk()) << "a category that is there can be read";
}

TEST_F(InventoryServiceTest, CreateItem_Invalid_NamesEveryField) {
  const std::string long_text(domain::kLongTextBytesMax + 1, 'x');
  CreateItemRequest request{"", long_text, long_text, "\xFF", {{"colour", long_text}, {"", "x"}}, "here"};
  EXPECT_THAT(BadFields(service_.CreateItem(request, {}).status()),
              ElementsAre("sku", "name", "description", "category", "attributes[\"\"]", "attributes[\"colour\"]",
                          "location_id"));
  request = {"A", "", "", "", {}, ""};
  for (std::size_t i = 0; i <= domain::kAttributesMax; ++i) request.attributes[std::to_string(i)] = "x";
  EXPECT_THAT(BadFields(service_.CreateItem(request, {}).status()), ElementsAre("attributes"));
}

TEST_F(InventoryServiceTest, GetItem_BadOrUnknownId) {
  EXPECT_THAT(BadFields(service_.GetItem("", {}).status()), ElementsAre("id"));
  EXPECT_THAT(service_.GetItem(default_warehouse_.ToString(), {}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(InventoryServiceTest, ListItems_PagesWithDefaults) {
  for (const char* sku : {"C", "A", "B"}) Created(sku);
  ASSERT_OK_AND_ASSIGN(const ItemList all, service_.ListItems(0, 0, "", {}));
  EXPECT_EQ(all.page_number, 1);
  EXPECT_EQ(all.page_size, 50);
  EXPECT_THAT(all.page.products, SizeIs(3));
  ASSERT_OK_AND_ASSIGN(const ItemList second, service_.ListItems(2, 2, "tools", {}));
  ASSERT_THAT(second.page.products, SizeIs(1));
  EXPECT_EQ(second.page.products[0].sku, "C");
  EXPECT_EQ(second.page.total_count, 3);
  EXPECT_THAT(BadFields(service_.ListItems(-1, 101, "\xFF", {}).status()),
              ElementsAre("page", "page_size", "category"));
}

TEST_F(InventoryServiceTest, Adjust_WithoutLocation_IsInTheDefaultWarehouse) {
  const std::string id = Created("BOX");
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow row, service_.Adjust({id, 5, "delivery", "", "D-1"}, {}));
  EXPECT_EQ(row.key.warehouse_id, default_warehouse_);
  EXPECT_EQ(row.level, (domain::StockLevel{5, 0}));
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow other,
                       service_.Adjust({id, 3, "delivery", other_warehouse_.ToString(), ""}, {}));
  EXPECT_EQ(other.key.warehouse_id, other_warehouse_);
}

TEST_F(InventoryServiceTest, Adjust_Invalid_NamesEveryField) {
  const std::string long_text(domain::kLongTextBytesMax + 1, 'x');
  EXPECT_THAT(BadFields(service_.Adjust({"x", 0, long_text, "y", long_text}, {}).status()),
              ElementsAre("item_id", "location_id", "quantity", "reason", "reference"));
  const std::string id = Created("BOX");
  for (const std::int64_t delta :
       {std::int64_t{0}, std::int64_t{1} << 31, -(std::int64_t{1} << 31) - 1, INT64_MIN, INT64_MAX}) {
    EXPECT_THAT(BadFields(service_.Adjust({id, delta, "", "", ""}, {}).status()), ElementsAre("quantity")) << delta;
  }
  EXPECT_THAT(service_.Adjust({id, (std::int64_t{1} << 31) - 1, "", "", ""}, {}), IsOk());
  EXPECT_THAT(service_.Adjust({id, 1, "", "", ""}, {}), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(InventoryServiceTest, Levels_HonourAllIds_AndNameTheBadOnes) {
  const std::string a = Created("A");
  const std::string b = Created("B");
  for (const std::string& id : {a, b}) EXPECT_THAT(service_.Adjust({id, 1, "", "", ""}, {}), IsOk());
  EXPECT_THAT(service_.Levels({a, b}, {}, {}), IsOkAndHolds(SizeIs(2)));
  EXPECT_THAT(service_.Levels({b}, {default_warehouse_.ToString()}, {}), IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(service_.Levels({}, {other_warehouse_.ToString()}, {}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(BadFields(service_.Levels({a, "x", b, ""}, {"y"}, {}).status()),
              ElementsAre("item_ids[1]", "item_ids[3]", "location_ids[0]"));
  const std::vector<std::string> many(domain::kLevelIdsMax + 1, a);
  EXPECT_THAT(BadFields(service_.Levels(many, {}, {}).status()), ElementsAre("item_ids"));
}

TEST_F(InventoryServiceTest, Reserve_Good_HoldsUnderTheOrdersIdOrANewOne) {
  const std::string box = Created("BOX");
  const std::string here = default_warehouse_.ToString();
  ASSERT_THAT(service_.Adjust({box, 10, "delivery", "", ""}, {}), IsOk());
  const std::string order_id = ids_.NewId().ToString();
  ASSERT_OK_AND_ASSIGN(const ReserveAnswer named, service_.Reserve({order_id, here, {{box, "", 2}}}, {}));
  EXPECT_TRUE(named.answer.held);
  EXPECT_EQ(named.reservation_id, order_id);
  ASSERT_OK_AND_ASSIGN(const ReserveAnswer unnamed, service_.Reserve({"", here, {{"", "BOX", 2}}}, {}));
  EXPECT_TRUE(unnamed.answer.held);
  EXPECT_NE(unnamed.reservation_id, named.reservation_id);
  ASSERT_OK_AND_ASSIGN(const EndReservationAnswer released, service_.Release({unnamed.reservation_id, "", ""}, {}));
  EXPECT_TRUE(released.changed);
  ASSERT_OK_AND_ASSIGN(const EndReservationAnswer committed, service_.Commit({"", order_id, ""}, {}));
  EXPECT_TRUE(committed.changed);
  const auto events = store_.PublishedEvents();
  EXPECT_EQ(std::get<domain::InventoryReleased>(events[events.size() - 2].data).reason, "no reason given");
}

TEST_F(InventoryServiceTest, Reserve_MalformedProduct_IsAnsweredByItem) {
  const std::string box = Created("BOX");
  ASSERT_THAT(service_.Adjust({box, 10, "delivery", "", ""}, {}), IsOk());
  ASSERT_OK_AND_ASSIGN(const ReserveAnswer answer,
                       service_.Reserve({"", default_warehouse_.ToString(), {{"box", "BOX", 1}, {box, "", 1}}}, {}));
  EXPECT_FALSE(answer.answer.held);
  ASSERT_THAT(answer.answer.items, SizeIs(2));
  EXPECT_EQ(answer.answer.items[0].error, "product_id \"box\" is not a UUID");
  EXPECT_TRUE(answer.answer.items[1].in_stock);
}

TEST_F(InventoryServiceTest, Reserve_Invalid_NamesEveryField) {
  const std::string long_text(domain::kShortTextBytesMax + 1, 'x');
  const std::string box = ids_.NewId().ToString();
  const ReserveRequest request{
      "or\nder", "", {{box, "", 0}, {"", "", 1}, {"", long_text, domain::kLineQuantityMax + 1}, {box, "", -1}}};
  EXPECT_THAT(BadFields(service_.Reserve(request, {}).status()),
              ElementsAre("order_id", "warehouse_id", "items[0].quantity", "items[1].product_id", "items[2].sku",
                          "items[2].quantity", "items[3].quantity"));
  EXPECT_THAT(BadFields(service_.Reserve({"", "here", {}}, {}).status()), ElementsAre("warehouse_id", "items"));
  const std::vector<ReserveRequest::Item> many(domain::kOrderLinesMax + 1, {box, "", 1});
  EXPECT_THAT(BadFields(service_.Reserve({"", box, many}, {}).status()), ElementsAre("items"));
}

TEST_F(InventoryServiceTest, Settle_ByEitherName_ButOne) {
  const std::string one = ids_.NewId().ToString();
  const std::string other = ids_.NewId().ToString();
  const std::string long_text(domain::kLongTextBytesMax + 1, 'x');
  EXPECT_THAT(BadFields(service_.Release({"", "", long_text}, {}).status()), ElementsAre("reservation_id", "reason"));
  EXPECT_THAT(BadFields(service_.Commit({"x\n", std::string(129, 'y'), ""}, {}).status()),
              ElementsAre("reservation_id", "order_id", "order_id"));
  EXPECT_THAT(service_.Commit({"x", "", ""}, {}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(BadFields(service_.Commit({one, other, ""}, {}).status()), ElementsAre("order_id"));
  for (const EndReservationRequest& request : {EndReservationRequest{one, "", ""}, {"", one, ""}, {one, one, ""}}) {
    EXPECT_THAT(service_.Release(request, {}), StatusIs(absl::StatusCode::kNotFound));
    EXPECT_THAT(service_.Commit(request, {}), StatusIs(absl::StatusCode::kNotFound));
  }
}

}  // namespace
}  // namespace logistics::service
