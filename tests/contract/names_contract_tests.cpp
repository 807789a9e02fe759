// Names that look like others: new ones are refused by field with what is wrong, those that are there go on working.
#include "contract/store_contract.hpp"
#include "fakes/bad_fields.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::contract {
namespace {

using domain::StockLevel;
using fakes::BadFields;
using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;

const char* const kLookalikes[] = {" BOX", "BOX ", "BO\tX", "BO\u200BX", "BO\u00A0X", "BOE\u0301"};

std::string WhatIsWrong(const absl::Status& status) {
  const auto violations = domain::FieldViolationsOf(status);
  return violations.size() == 1 ? violations[0].description : status.ToString();
}

TEST_P(StoreContract, Names_OrderOfALookalikeSku_IsRefusedByItsField) {
  const auto box = ProductWith("BOX", 10);
  for (const char* sku : kLookalikes) {
    domain::NewOrder wanted = OrderOf({{box}, {box}});
    wanted.order.lines[1].product_id.reset();
    wanted.order.lines[1].sku = sku;
    EXPECT_THAT(BadFields(Create(wanted).status()), ElementsAre("items[1].sku")) << sku;
  }
  domain::NewOrder wanted = OrderOf({{box}});
  wanted.order.lines[0].product_id.reset();
  wanted.order.lines[0].sku = "BO\u200BX";
  EXPECT_EQ(WhatIsWrong(Create(wanted).status()), R"("BO\u200BX" contains U+200B, which cannot be seen)");
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 0}));
}

TEST_P(StoreContract, Names_ReservationOfALookalikeSku_IsRefusedByItsField) {
  const auto box = ProductWith("BOX", 10);
  for (const char* sku : kLookalikes) {
    const auto held = Reserve(HoldOf({{box, "", 1}, {std::nullopt, sku, 1}}));
    EXPECT_THAT(BadFields(held.status()), ElementsAre("items[1].sku")) << sku;
  }
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 0}));
}

TEST_P(StoreContract, Names_ProductThatIsThereUnderALookalike_GoesOnWorking) {
  std::vector<domain::ProductId> products;
  for (const char* sku : kLookalikes) products.push_back(ProductWith(sku, 10));
  for (std::size_t i = 0; i < products.size(); ++i) {
    SCOPED_TRACE(kLookalikes[i]);
    EXPECT_THAT(stock().GetProduct(products[i], {}), IsOk());
    domain::NewOrder wanted = OrderOf({{products[i]}});
    wanted.order.lines[0].product_id.reset();
    wanted.order.lines[0].sku = kLookalikes[i];
    ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(wanted));
    EXPECT_THAT(Change(order, domain::OrderStatus::kCancelled), IsOk());
    const domain::Uuid hold = Held({{std::nullopt, kLookalikes[i], 2}});
    EXPECT_EQ(LevelOf(products[i]), (StockLevel{10, 2}));
    EXPECT_THAT(ReleaseHold(hold), IsOk());
  }
}

TEST_P(StoreContract, Names_NewIdOfAReservation_IsRefusedByItsField) {
  const auto box = ProductWith("BOX", 10);
  for (const char* text : {" E2E-1", "E2E-1 ", "E2E\u200B-1", "E2E-e\u0301"}) {
    ports::ReservationRequest hold = HoldOf({{box, "", 1}});
    hold.id = domain::ExternalId::Of(text);
    EXPECT_THAT(BadFields(Reserve(hold).status()), ElementsAre("order_id")) << text;
    EXPECT_THAT(ReleaseHold(hold.id), StatusIs(absl::StatusCode::kNotFound));
  }
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 0}));
}

TEST_P(StoreContract, Names_NewKeys_AreRefusedAndStayFree) {
  const auto box = ProductWith("BOX", 10);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(BadFields(Create(OrderOf({{box}}, "key ")).status()), ElementsAre("idempotency_key"));
    EXPECT_THAT(BadFields(stock().Adjust({Key(box), 1, "delivery", "", " id"}, {}).status()),
                ElementsAre("idempotency-key"));
  }
  EXPECT_THAT(Create(OrderOf({{box}}, "key")), IsOk());
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 1}));
}

}  // namespace
}  // namespace logistics::contract
