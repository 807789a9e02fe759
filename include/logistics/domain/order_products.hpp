// Finding the products of an order's lines. Every store looks them up in its own way; a wrong line has one error.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/order.hpp"

namespace logistics::domain {

// A product as far as an order line needs it.
struct ProductRef {
  ProductId id;
  std::string sku;
  friend bool operator==(const ProductRef&, const ProductRef&) = default;
};

// The product that a line names, by its id when it has one, else by its sku; nullptr when there is none. The pointer is
// used before the next call.
using ProductFinder = std::function<const ProductRef*(const OrderLine& line)>;

// Fills product_id and sku of every line. INVALID_ARGUMENT naming every line whose id and sku are two products';
// NOT_FOUND with one ConditionViolation of type "PRODUCT" a line that names none. Lines that are right are filled all
// the same.
absl::Status ResolveProducts(std::vector<OrderLine>& lines, const ProductFinder& find);

}  // namespace logistics::domain
