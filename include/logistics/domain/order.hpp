// An order as it is stored, and as a client wants it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/money.hpp"
#include "logistics/domain/order_status.hpp"

namespace logistics::domain {

// One line, as the client ordered it. Amounts are minor units of the order's currency.
struct OrderLine {
  std::optional<ProductId> product_id;  // always set once the order is stored
  std::string sku;
  std::string name;
  std::int32_t quantity = 0;
  std::int64_t unit_price_minor = 0;
  std::int64_t total_price_minor = 0;
  friend bool operator==(const OrderLine&, const OrderLine&) = default;
};

struct ShippingInfo {
  std::string address_line1;
  std::string address_line2;
  std::string city;
  std::string state;
  std::string postal_code;
  std::string country;
  std::string recipient_name;
  std::string recipient_phone;
  std::string shipping_method;
  std::int64_t shipping_cost_minor = 0;
  friend bool operator==(const ShippingInfo&, const ShippingInfo&) = default;
};

struct PaymentInfo {
  std::string payment_method;
  std::string transaction_id;
  std::int64_t amount_minor = 0;  // 0 = not given
  bool is_paid = false;
  std::optional<absl::Time> payment_date;
  friend bool operator==(const PaymentInfo&, const PaymentInfo&) = default;
};

struct Order {
  OrderId id;
  CustomerId customer_id;
  WarehouseId warehouse_id;
  std::vector<OrderLine> lines;
  std::optional<ShippingInfo> shipping;
  std::optional<PaymentInfo> payment;
  Currency currency;
  std::int64_t total_minor = 0;  // lines + shipping cost
  std::string notes;
  std::string tracking_number;
  OrderStatus status = OrderStatus::kPending;
  std::int64_t version = 1;  // 1 at creation, +1 with each change
  absl::Time created_at;
  absl::Time updated_at;
  friend bool operator==(const Order&, const Order&) = default;
};

// An order as a client asks for it: nothing checked yet, money as on the wire.
struct OrderDraft {
  struct Line {
    std::string product_id;
    std::string sku;
    std::string name;
    std::int32_t quantity = 0;
    double unit_price = 0;
    double total_price = 0;  // 0 = not given
  };
  struct Shipping {
    ShippingInfo info;  // shipping_cost_minor unused
    double shipping_cost = 0;
  };
  struct Payment {
    PaymentInfo info;      // amount_minor unused
    double amount = 0;     // 0 = not given
    std::string currency;  // empty = the default currency
  };

  std::string customer_id;
  std::string warehouse_id;  // empty = the default warehouse
  std::string notes;
  std::string idempotency_key;  // empty = none
  std::vector<Line> lines;
  std::optional<Shipping> shipping;
  std::optional<Payment> payment;
  std::vector<FieldViolation> malformed;  // fields that could not be read, and are left out above
};

struct OrderDefaults {
  Currency currency;
  WarehouseId warehouse_id;
};

// A checked order on its way into the store.
struct NewOrder {
  Order order;                  // id and times are the caller's to set; lines may still lack a product_id
  std::string idempotency_key;  // empty = none
  std::string fingerprint;      // SHA-256 of what the client asked for, 32 bytes; equal payloads have equal ones
};

// Checks every field and prices the order. Pure. On failure INVALID_ARGUMENT with *all* violations (field paths as in
// order.proto). Defaults are filled in before the fingerprint is taken.
absl::StatusOr<NewOrder> PriceOrder(const OrderDraft& draft, const OrderDefaults& defaults);

}  // namespace logistics::domain
