#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "fakes/seed.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/order.hpp"

namespace logistics::domain {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr char kCustomer[] = "00000000-0000-4000-8000-0000000000c1";
constexpr char kProductText[] = "00000000-0000-4000-8000-0000000000a1";

OrderDefaults Defaults() { return {Currency(), *WarehouseId::Parse(kDefaultWarehouseId)}; }

// Two lines, 3 x 19.99 and 2 x 0.01, 5.00 shipping: 64.99.
OrderDraft GoodDraft() {
  OrderDraft draft;
  draft.customer_id = kCustomer;
  draft.notes = "ring twice";
  draft.idempotency_key = "key-1";
  draft.lines.push_back({kProductText, "", "Box", 3, 19.99, 59.97});
  draft.lines.push_back({"", "SKU-2", "", 2, 0.01, 0});
  draft.shipping.emplace();
  draft.shipping->info.city = "Wien";
  draft.shipping->shipping_cost = 5;
  draft.payment.emplace();
  draft.payment->info.payment_method = "card";
  draft.payment->amount = 64.99;
  draft.payment->info.payment_date = absl::FromUnixNanos(1'700'000'000'123'456'789);
  return draft;
}

std::vector<std::string> BadFields(const OrderDraft& draft) {
  const absl::StatusOr<NewOrder> order = PriceOrder(draft, Defaults());
  EXPECT_THAT(order, StatusIs(absl::StatusCode::kInvalidArgument));
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolationsOf(order.status())) fields.push_back(violation.field);
  return fields;
}

std::string OnlyComplaint(const OrderDraft& draft) {
  const auto violations = FieldViolationsOf(PriceOrder(draft, Defaults()).status());
  EXPECT_THAT(violations, SizeIs(1));
  return violations.empty() ? "" : violations[0].field + ": " + violations[0].description;
}

TEST(PriceOrder, GoodDraft_IsPricedExactlyAndWhole) {
  ASSERT_OK_AND_ASSIGN(const NewOrder priced, PriceOrder(GoodDraft(), Defaults()));
  const Order& order = priced.order;
  EXPECT_EQ(order.customer_id.ToString(), kCustomer);
  EXPECT_EQ(order.warehouse_id.ToString(), kDefaultWarehouseId);
  ASSERT_THAT(order.lines, SizeIs(2));
  EXPECT_EQ(order.lines[0], (OrderLine{*ProductId::Parse(kProductText), "", "Box", 3, 1999, 5997}));
  EXPECT_EQ(order.lines[1], (OrderLine{std::nullopt, "SKU-2", "", 2, 1, 2}));
  EXPECT_EQ(order.shipping->city, "Wien");
  EXPECT_EQ(order.shipping->shipping_cost_minor, 500);
  EXPECT_EQ(order.payment->amount_minor, 6499);
  EXPECT_EQ(order.payment->payment_date, absl::FromUnixMicros(1'700'000'000'123'456));
  EXPECT_EQ(order.total_minor, 6499);
  EXPECT_EQ(order.notes, "ring twice");
  EXPECT_EQ(order.status, OrderStatus::kPending);
  EXPECT_EQ(order.version, 1);
  EXPECT_EQ(priced.idempotency_key, "key-1");
  EXPECT_THAT(priced.fingerprint, SizeIs(32));
}

TEST(PriceOrder, WhatIsNotGiven_IsNotChecked) {
  OrderDraft draft;
  draft.customer_id = kCustomer;
  draft.lines.push_back({kProductText, "SKU-1", "", 1, 0, 0});
  ASSERT_OK_AND_ASSIGN(const NewOrder priced, PriceOrder(draft, Defaults()));
  EXPECT_EQ(priced.order.total_minor, 0);
  EXPECT_FALSE(priced.order.shipping);
  EXPECT_FALSE(priced.order.payment);
}

TEST(PriceOrder, CurrencyOfThePayment_RulesAllAmounts) {
  OrderDraft draft = GoodDraft();
  draft.payment->currency = "KWD";
  draft.lines[0].unit_price = 1.234;
  draft.lines[0].total_price = 0;
  draft.payment->amount = 0;
  ASSERT_OK_AND_ASSIGN(const NewOrder priced, PriceOrder(draft, Defaults()));
  EXPECT_EQ(priced.order.currency.code(), "KWD");
  EXPECT_EQ(priced.order.lines[0].total_price_minor, 3702);
  EXPECT_EQ(priced.order.payment->amount_minor, 0);

  draft.payment->currency = "JPY";
  EXPECT_THAT(BadFields(draft), ElementsAre("items[0].unit_price", "items[1].unit_price"));
}

TEST(PriceOrder, EverythingWrong_IsAllReportedAtOnce) {
  OrderDraft draft;
  draft.customer_id = "nobody";
  draft.warehouse_id = "nowhere";
  draft.notes = "\xFF";
  draft.idempotency_key = std::string(kShortTextBytesMax + 1, 'k');
  draft.lines.push_back({"", "", "x", 0, -1, 0});
  draft.lines.push_back({kProductText, "", "", 1, 1, 1});
  draft.lines.push_back({"no-uuid", std::string("a\0b", 3), std::string(kShortTextBytesMax + 1, 'n'),
                         kLineQuantityMax + 1, std::nan(""), -5});
  draft.shipping.emplace();
  draft.shipping->info.city = std::string(kShortTextBytesMax + 1, 'c');
  draft.shipping->shipping_cost = -1;
  draft.payment.emplace();
  draft.payment->currency = "XXX";
  draft.payment->amount = -3;
  draft.payment->info.transaction_id = "\xC0\xAF";
  draft.payment->info.payment_date = absl::FromUnixSeconds(-62'135'596'801);
  EXPECT_THAT(BadFields(draft), testing::UnorderedElementsAre(
                                    "customer_id", "warehouse_id", "notes", "idempotency_key", "items[0].product_id",
                                    "items[0].quantity", "items[0].unit_price", "items[2].product_id", "items[2].sku",
                                    "items[2].name", "items[2].quantity", "items[2].unit_price", "items[2].total_price",
                                    "shipping_info.city", "shipping_info.shipping_cost", "payment_info.currency",
                                    "payment_info.amount", "payment_info.transaction_id", "payment_info.payment_date"));
}

TEST(PriceOrder, Complaints_CarryTheValueAndTheLimit) {
  OrderDraft draft = GoodDraft();
  draft.lines[1].quantity = 0;
  draft.payment->amount = 0;
  EXPECT_EQ(OnlyComplaint(draft), "items[1].quantity: 0 is out of range, 1 to 1000000");
  draft = GoodDraft();
  draft.lines[0].total_price = 60;
  EXPECT_EQ(OnlyComplaint(draft), "items[0].total_price: 60.00 is not quantity x unit_price = 59.97");
  draft = GoodDraft();
  draft.payment->amount = 59.99;
  EXPECT_EQ(OnlyComplaint(draft), "payment_info.amount: 59.99 is not the order's total = 64.99");
  draft = GoodDraft();
  draft.payment->currency = "usd";
  EXPECT_THAT(OnlyComplaint(draft), HasSubstr("payment_info.currency: \"usd\" is not"));
  draft = GoodDraft();
  draft.customer_id = "";
  EXPECT_THAT(OnlyComplaint(draft), HasSubstr("customer_id: is required"));
}

TEST(PriceOrder, EachTextOfShipping_IsChecked) {
  using Text = std::string ShippingInfo::*;
  const std::vector<std::pair<Text, std::string>> texts = {{&ShippingInfo::address_line1, "address_line1"},
                                                           {&ShippingInfo::address_line2, "address_line2"},
                                                           {&ShippingInfo::city, "city"},
                                                           {&ShippingInfo::state, "state"},
                                                           {&ShippingInfo::postal_code, "postal_code"},
                                                           {&ShippingInfo::country, "country"},
                                                           {&ShippingInfo::recipient_name, "recipient_name"},
                                                           {&ShippingInfo::recipient_phone, "recipient_phone"},
                                                           {&ShippingInfo::shipping_method, "shipping_method"}};
  for (const auto& [text, name] : texts) {
    OrderDraft draft = GoodDraft();
    draft.shipping->info.*text = std::string(kShortTextBytesMax, 'x');
    EXPECT_THAT(PriceOrder(draft, Defaults()), IsOk()) << name;
    draft.shipping->info.*text += "x";
    EXPECT_THAT(BadFields(draft), ElementsAre("shipping_info." + name));
  }
}

TEST(PriceOrder, NumberOfLines_HasItsLimits) {
  OrderDraft draft;
  draft.customer_id = kCustomer;
  EXPECT_THAT(BadFields(draft), ElementsAre("items"));
  draft.lines.assign(kOrderLinesMax, {kProductText, "", "", 1, 1, 1});
  EXPECT_THAT(PriceOrder(draft, Defaults()), IsOk());
  draft.lines.push_back(draft.lines[0]);
  EXPECT_THAT(OnlyComplaint(draft), HasSubstr("items: 201 are too many, at most 200"));
}

TEST(PriceOrder, AmountsOverTheRange_AreRefusedNotWrapped) {
  OrderDraft draft;
  draft.customer_id = kCustomer;
  draft.lines.push_back({kProductText, "", "", 1'000'000, 1e12, 0});
  EXPECT_THAT(OnlyComplaint(draft), HasSubstr("items[0].total_price: 1000000 x 1000000000000.00 is above the limit"));
  draft.lines.assign(kOrderLinesMax, {kProductText, "", "", 1, 1e12, 0});
  EXPECT_THAT(OnlyComplaint(draft), HasSubstr("items: the order's total of 200000000000000.00 is above the limit"));
}

TEST(PriceOrder, TotalsThatDoubleArithmeticGives_AreAccepted) {
  OrderDraft draft;
  draft.customer_id = kCustomer;
  draft.lines.push_back({kProductText, "", "", 3, 0.1, 0.1 * 3});
  draft.payment.emplace();
  draft.payment->amount = 0.1 + 0.2;
  ASSERT_OK_AND_ASSIGN(const NewOrder priced, PriceOrder(draft, Defaults()));
  EXPECT_EQ(priced.order.total_minor, 30);
  EXPECT_EQ(priced.order.payment->amount_minor, 30);
  draft.lines[0].unit_price = 0.1 + 0.2;  // a price is no computed total
  draft.lines[0].total_price = 0;
  EXPECT_THAT(BadFields(draft), ElementsAre("items[0].unit_price"));
}

TEST(PriceOrder, RandomOrders_TotalIsTheSumOfLinesAndShipping) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto upto = [&random](std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit)(random);
  };
  for (int run = 0; run < 2'000; ++run) {
    OrderDraft draft = GoodDraft();
    draft.lines.clear();
    const Currency currency = *Currency::Find(std::vector{"USD", "JPY", "KWD", "CLF"}[random() % 4]);
    draft.payment->currency = std::string(currency.code());
    const std::int64_t shipping = upto(100'000);
    draft.shipping->shipping_cost = DoubleFromMinorUnits(shipping, currency);
    std::int64_t total = shipping;
    for (std::int64_t line = 0; line <= upto(20); ++line) {
      const auto quantity = static_cast<std::int32_t>(1 + upto(1'000));
      const std::int64_t price = upto(1'000'000);
      total += quantity * price;
      const double given = random() % 2 == 0 ? 0 : DoubleFromMinorUnits(quantity * price, currency);
      draft.lines.push_back({kProductText, "", "", quantity, DoubleFromMinorUnits(price, currency), given});
    }
    draft.payment->amount = DoubleFromMinorUnits(total, currency);
    ASSERT_OK_AND_ASSIGN(const NewOrder priced, PriceOrder(draft, Defaults()));
    EXPECT_EQ(priced.order.total_minor, total);
    draft.payment->amount = DoubleFromMinorUnits(total + 1, currency);
    EXPECT_THAT(BadFields(draft), ElementsAre("payment_info.amount"));
  }
}

std::string Fingerprint(const OrderDraft& draft) {
  const absl::StatusOr<NewOrder> priced = PriceOrder(draft, Defaults());
  EXPECT_THAT(priced, IsOk());
  return priced.ok() ? priced->fingerprint : "";
}

TEST(Fingerprint, SamePayloadWrittenOtherwise_IsTheSame) {
  const std::string expected = Fingerprint(GoodDraft());
  OrderDraft draft = GoodDraft();
  EXPECT_EQ(Fingerprint(draft), expected);
  draft.idempotency_key = "other key";
  EXPECT_EQ(Fingerprint(draft), expected);
  draft.warehouse_id = std::string(kDefaultWarehouseId);
  draft.payment->currency = "USD";
  draft.customer_id = "00000000-0000-4000-8000-0000000000C1";
  EXPECT_EQ(Fingerprint(draft), expected);
}

TEST(Fingerprint, AnyFieldChanged_IsAnother) {
  using Change = std::function<void(OrderDraft&)>;
  const std::vector<Change> changes = {
      [](OrderDraft& d) { d.customer_id = kProductText; },
      [](OrderDraft& d) { d.warehouse_id = kProductText; },
      [](OrderDraft& d) { d.notes += "!"; },
      [](OrderDraft& d) { std::swap(d.lines[0], d.lines[1]); },
      [](OrderDraft& d) { d.lines[0].product_id = kCustomer; },
      [](OrderDraft& d) { d.lines[0].sku = "S"; },
      [](OrderDraft& d) { d.lines[1].sku = "SKU-3"; },
      [](OrderDraft& d) { d.lines[0].name = "box"; },
      [](OrderDraft& d) { d.lines[0].quantity = 4, d.lines[0].total_price = 0, d.payment->amount = 0; },
      [](OrderDraft& d) { d.lines[0].unit_price = 20, d.lines[0].total_price = 0, d.payment->amount = 0; },
      [](OrderDraft& d) { d.shipping->info.address_line1 = "a"; },
      [](OrderDraft& d) { d.shipping->info.address_line2 = "a"; },
      [](OrderDraft& d) { d.shipping->info.city = "a"; },
      [](OrderDraft& d) { d.shipping->info.state = "a"; },
      [](OrderDraft& d) { d.shipping->info.postal_code = "a"; },
      [](OrderDraft& d) { d.shipping->info.country = "a"; },
      [](OrderDraft& d) { d.shipping->info.recipient_name = "a"; },
      [](OrderDraft& d) { d.shipping->info.recipient_phone = "a"; },
      [](OrderDraft& d) { d.shipping->info.shipping_method = "a"; },
      [](OrderDraft& d) { d.shipping->shipping_cost = 6, d.payment->amount = 0; },
      [](OrderDraft& d) { d.shipping.reset(), d.payment->amount = 0; },
      [](OrderDraft& d) { d.payment->info.payment_method = "cash"; },
      [](OrderDraft& d) { d.payment->info.transaction_id = "t"; },
      [](OrderDraft& d) { d.payment->info.is_paid = true; },
      [](OrderDraft& d) { d.payment->info.payment_date.reset(); },
      [](OrderDraft& d) { *d.payment->info.payment_date += absl::Seconds(1); },
      [](OrderDraft& d) { d.payment->amount = 0; },
      [](OrderDraft& d) { d.payment->currency = "EUR"; },
      [](OrderDraft& d) { d.payment.reset(); },
  };
  std::vector<std::string> seen = {Fingerprint(GoodDraft())};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    OrderDraft draft = GoodDraft();
    changes[i](draft);
    const std::string fingerprint = Fingerprint(draft);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), fingerprint), 0) << "change " << i;
    seen.push_back(fingerprint);
  }
}

}  // namespace
}  // namespace logistics::domain
