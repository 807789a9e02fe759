// What the loads have in common: products to order, and orders of them.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "inventory.grpc.pb.h"
#include "order.pb.h"

namespace logistics::bench {

std::string RandomUuid(std::mt19937_64& random);

// So many products, each with stock for `orders`; their ids. Throws where that is refused.
std::vector<std::string> MakeCatalogue(inventory::InventoryService::Stub& stub, int products, int orders,
                                       std::mt19937_64& random);

// The n-th order: one piece of one product, for a customer of its own.
void FillRequest(order::CreateOrderRequest& request, const std::vector<std::string>& products, int n,
                 std::mt19937_64& random);

}  // namespace logistics::bench
