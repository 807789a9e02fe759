#include "order_requests.hpp"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <stdexcept>

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

std::vector<std::string> MakeCatalogue(inventory::InventoryService::Stub& stub, int products, int orders,
                                       std::mt19937_64& random) {
  std::vector<std::string> ids;
  for (int i = 0; i < products; ++i) {
    grpc::ClientContext create_context;
    inventory::CreateItemRequest create;
    create.set_sku("BENCH-" + RandomUuid(random));
    create.set_name("bench product");
    inventory::ItemResponse item;
    if (const auto status = stub.CreateItem(&create_context, create, &item); !status.ok()) {
      throw std::runtime_error("CreateItem: " + status.error_message());
    }
    grpc::ClientContext adjust_context;
    inventory::AdjustInventoryRequest adjust;
    adjust.set_item_id(item.item().id());
    adjust.set_quantity(orders);
    adjust.set_reason("bench");
    inventory::AdjustInventoryResponse adjusted;
    if (const auto status = stub.AdjustInventory(&adjust_context, adjust, &adjusted); !status.ok()) {
      throw std::runtime_error("AdjustInventory: " + status.error_message());
    }
    ids.push_back(item.item().id());
  }
  return ids;
}

void FillRequest(order::CreateOrderRequest& request, const std::vector<std::string>& products, int n,
                 std::mt19937_64& random) {
  request.Clear();
  request.set_customer_id(RandomUuid(random));
  order::OrderItem* item = request.add_items();
  item->set_product_id(products[static_cast<std::size_t>(n) % products.size()]);
  item->set_name("bench product");
  item->set_quantity(1);
  item->set_unit_price(19.99);
  order::ShippingInfo* shipping = request.mutable_shipping_info();
  shipping->set_address_line1("1 Harbour Road");
  shipping->set_city("Rotterdam");
  shipping->set_postal_code("3011");
  shipping->set_country("NL");
  shipping->set_recipient_name("A. Person");
}

}  // namespace logistics::bench
