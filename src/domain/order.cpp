#include "logistics/domain/order.hpp"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/fingerprint.hpp"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::domain {
namespace {

static_assert(kOrderLinesMax * std::size_t{kLineQuantityMax} <= std::size_t{kStockQuantityMax},
              "the summed quantity of one order's lines fits a stock item");

// Checks one draft and builds its order. One object, one draft.
class Pricer {
 public:
  Pricer(const OrderDraft& draft, const OrderDefaults& defaults) : draft_(draft), defaults_(defaults) {}

  absl::StatusOr<NewOrder> Run() {
    CheckHead();
    CheckLines();
    CheckShipping();
    CheckTotal();
    CheckPayment();
    if (!fields_.ok()) return fields_.ToStatus();
    NewOrder result{std::move(order_), draft_.idempotency_key, {}};
    result.fingerprint = FingerprintOf(result.order);
    return result;
  }

 private:
  // The currency comes first, since every amount is read in it.
  void CheckHead() {
    fields_.Add(draft_.malformed);
    order_.currency = defaults_.currency;
    if (draft_.payment && !draft_.payment->currency.empty()) {
      const std::string& code = draft_.payment->currency;
      if (const std::optional<Currency> currency = Currency::Find(code)) {
        order_.currency = *currency;
      } else {
        currency_known_ = false;
        fields_.Add({"currency", "payment_info"},
                    absl::StrCat(Quoted(code), " is not an active ISO 4217 currency, three letters in upper case"));
      }
    }
    if (const auto id = fields_.ParseId<CustomerId>("customer_id", draft_.customer_id)) order_.customer_id = *id;
    order_.warehouse_id = defaults_.warehouse_id;
    if (!draft_.warehouse_id.empty()) {
      if (const auto id = fields_.ParseId<WarehouseId>("warehouse_id", draft_.warehouse_id)) order_.warehouse_id = *id;
    }
    fields_.Text("notes", draft_.notes, kLongTextBytesMax);
    fields_.Text("idempotency_key", draft_.idempotency_key, kShortTextBytesMax);
    order_.notes = draft_.notes;
  }

  void CheckLines() {
    if (draft_.lines.empty()) fields_.Add("items", absl::StrCat("at least 1 is required, at most ", kOrderLinesMax));
    if (draft_.lines.size() > kOrderLinesMax) {
      fields_.Add("items", absl::StrCat(draft_.lines.size(), " are too many, at most ", kOrderLinesMax));
      amounts_known_ = false;
      return;
    }
    order_.lines.reserve(draft_.lines.size());
    for (std::size_t i = 0; i < draft_.lines.size(); ++i) CheckLine(draft_.lines[i], i);
  }

  void CheckLine(const OrderDraft::Line& line, std::size_t index) {
    const auto field = [index](const char* name) { return FieldPath(name, "items", index); };
    OrderLine& checked = order_.lines.emplace_back();
    if (!line.product_id.empty()) {
      checked.product_id = fields_.ParseId<ProductId>(field("product_id"), line.product_id);
    } else if (line.sku.empty()) {
      fields_.Add(field("product_id"), "product_id or sku is required, both are empty");
    }
    fields_.Text(field("sku"), line.sku, kShortTextBytesMax);
    fields_.Text(field("name"), line.name, kShortTextBytesMax);
    checked.sku = line.sku;
    checked.name = line.name;
    checked.quantity = line.quantity;
    const bool quantity_ok = line.quantity >= 1 && line.quantity <= kLineQuantityMax;
    if (!quantity_ok) {
      fields_.Add(field("quantity"), absl::StrCat(line.quantity, " is out of range, 1 to ", kLineQuantityMax));
    }
    const std::optional<std::int64_t> unit_price = Amount(field("unit_price"), line.unit_price);
    if (!unit_price || !quantity_ok) {
      // The total cannot be told right from wrong, but whether it is an amount at all can.
      Amount(field("total_price"), line.total_price, &TotalMinorUnitsFromDouble);
      amounts_known_ = false;
      return;
    }
    checked.unit_price_minor = *unit_price;
    if (*unit_price > kAmountMinorMax / line.quantity) {
      fields_.Add(field("total_price"),
                  absl::StrCat(line.quantity, " x ", Decimal(*unit_price), " is above the limit of ",
                               Decimal(kAmountMinorMax), " ", std::string(order_.currency.code())));
      amounts_known_ = false;
      return;
    }
    checked.total_price_minor = *unit_price * line.quantity;
    order_.total_minor += checked.total_price_minor;
    CheckGiven(field("total_price"), line.total_price, checked.total_price_minor, "quantity x unit_price");
  }

  void CheckShipping() {
    if (!draft_.shipping) return;
    const ShippingInfo& info = draft_.shipping->info;
    const auto text = [&](const char* name, const std::string& value) {
      fields_.Text({name, "shipping_info"}, value, kShortTextBytesMax);
    };
    text("address_line1", info.address_line1);
    text("address_line2", info.address_line2);
    text("city", info.city);
    text("state", info.state);
    text("postal_code", info.postal_code);
    text("country", info.country);
    text("recipient_name", info.recipient_name);
    text("recipient_phone", info.recipient_phone);
    text("shipping_method", info.shipping_method);
    const std::optional<std::int64_t> cost = Amount({"shipping_cost", "shipping_info"}, draft_.shipping->shipping_cost);
    order_.shipping = info;
    order_.shipping->shipping_cost_minor = cost.value_or(0);
    order_.total_minor += cost.value_or(0);
    amounts_known_ = amounts_known_ && cost.has_value();
  }

  void CheckTotal() {
    if (order_.total_minor <= kAmountMinorMax) return;
    fields_.Add("items", absl::StrCat("the order's total of ", Decimal(order_.total_minor), " is above the limit of ",
                                      Decimal(kAmountMinorMax), " ", std::string(order_.currency.code())));
  }

  void CheckPayment() {
    if (!draft_.payment) return;
    const OrderDraft::Payment& payment = *draft_.payment;
    fields_.Text({"payment_method", "payment_info"}, payment.info.payment_method, kShortTextBytesMax);
    fields_.Text({"transaction_id", "payment_info"}, payment.info.transaction_id, kShortTextBytesMax);
    order_.payment = payment.info;
    order_.payment->amount_minor = 0;
    const FieldPath amount_field("amount", "payment_info");
    if (amounts_known_ && currency_known_) {
      CheckGiven(amount_field, payment.amount, order_.total_minor, "the order's total");
      if (payment.amount != 0) order_.payment->amount_minor = order_.total_minor;
    } else {
      Amount(amount_field, payment.amount, &TotalMinorUnitsFromDouble);
    }
    if (!payment.info.payment_date) return;
    fields_.Time({"payment_date", "payment_info"}, *payment.info.payment_date);
    order_.payment->payment_date = StoredTime(*payment.info.payment_date);
  }

  // Minor units; nullopt after a violation was added, or when there is no known currency to read it in.
  std::optional<std::int64_t> Amount(const FieldPath& field, double amount,
                                     absl::StatusOr<std::int64_t> (*read)(double,
                                                                          const Currency&) = &MinorUnitsFromDouble) {
    if (!currency_known_ && amount >= 0 && amount <= static_cast<double>(kAmountMinorMax)) return std::nullopt;
    const absl::StatusOr<std::int64_t> minor = read(amount, order_.currency);
    if (minor.ok()) return *minor;
    fields_.Add(field, std::string(minor.status().message()));
    return std::nullopt;
  }

  // A total that the client may give (0 = not given) against the one that we computed.
  void CheckGiven(const FieldPath& field, double given, std::int64_t computed, std::string_view what) {
    if (given == 0) return;
    const std::optional<std::int64_t> minor = Amount(field, given, &TotalMinorUnitsFromDouble);
    if (minor && *minor != computed) {
      fields_.Add(field, absl::StrCat(Decimal(*minor), " is not ", std::string(what), " = ", Decimal(computed)));
    }
  }

  std::string Decimal(std::int64_t minor) const { return DecimalString(minor, order_.currency); }

  const OrderDraft& draft_;
  const OrderDefaults& defaults_;
  FieldChecker fields_;
  Order order_;
  bool currency_known_ = true;
  bool amounts_known_ = true;  // every line and the shipping cost have their amount
};

}  // namespace

absl::StatusOr<NewOrder> PriceOrder(const OrderDraft& draft, const OrderDefaults& defaults) {
  return Pricer(draft, defaults).Run();
}

}  // namespace logistics::domain
