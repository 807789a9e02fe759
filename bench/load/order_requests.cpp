#include "order_requests.hpp"

#include <chrono>
#include <cstdio>

namespace logistics::bench {

std::string RandomUuid(std::mt19937_64& random) {
  char text[37];
  const auto a = random();
  const auto b = random();
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-a%03x-%012llx", static_cast<unsigned>(a >> 32),
                static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xfff),
                static_cast<unsigned>(b >> 52), static_cast<unsigned long long>(b & 0xffffffffffffULL));
  return text;
}

std::string ProductId(int n) {
  char text[37];
  std::snprintf(text, sizeof text, "00000000-0000-0000-0000-%012x", static_cast<unsigned>(n));
  return text;
}

void FillRequest(order::CreateOrderRequest& request, int products, int items, std::mt19937_64& random) {
  request.Clear();
  request.set_customer_id(RandomUuid(random));
  auto product = static_cast<int>(random() % static_cast<unsigned>(products));
  for (int line = 0; line < items; ++line) {
    order::OrderItem* const item = request.add_items();
    item->set_product_id(ProductId(product + 1));
    item->set_name("bench product");
    item->set_quantity(1);
    item->set_unit_price(19.99);
    product = (product + 1 + static_cast<int>(random() % 7)) % products;
  }
  order::ShippingInfo* const shipping = request.mutable_shipping_info();
  shipping->set_address_line1("1 Harbour Road");
  shipping->set_city("Rotterdam");
  shipping->set_postal_code("3011");
  shipping->set_country("NL");
  shipping->set_recipient_name("A. Person");
}

void FillResponse(const order::CreateOrderRequest& request, order::OrderResponse& response) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  response.set_id("01a200d7-0a49-7001-84a9-f585cf569c80");
  response.set_customer_id(request.customer_id());
  for (const order::OrderItem& line : request.items()) {
    order::OrderItem* const item = response.add_items();
    *item = line;
    item->set_sku("BENCH-1000");
    item->set_total_price(line.unit_price() * line.quantity());
  }
  *response.mutable_shipping_info() = request.shipping_info();
  response.set_status(order::ORDER_STATUS_PENDING);
  for (auto* const time : {response.mutable_created_at(), response.mutable_updated_at()}) {
    time->set_seconds(now / 1'000'000);
    time->set_nanos(static_cast<std::int32_t>(now % 1'000'000 * 1'000));
  }
  response.set_total_amount(19.99 * request.items_size());
  response.set_version(1);
  response.set_warehouse_id("00000000-0000-0000-0000-000000000001");
}

}  // namespace logistics::bench
