// The orders of all loads, and the products that they order.
#pragma once

#include <random>
#include <string>

#include "order.pb.h"

namespace logistics::bench {

std::string RandomUuid(std::mt19937_64& random);

// The id of the n-th product, from 1 on: bench/sql/products.sql makes them.
std::string ProductId(int n);

// An order of one piece on each of `items` lines, for a customer of its own. Lines are of different products as long as
// there are as many.
void FillRequest(order::CreateOrderRequest& request, int products, int items, std::mt19937_64& random);

// The answer of a server to that order.
void FillResponse(const order::CreateOrderRequest& request, order::OrderResponse& response);

}  // namespace logistics::bench
