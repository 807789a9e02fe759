#pragma once

#include <string>
#include <vector>

#include "logistics/ports/order_store.hpp"

namespace logistics::storage {

// A column to sort orders (FROM orders o) by, and the value that a page token has of it, where $value and $id are the
// token's.
struct SortKey {
  std::string column;
  std::string of_token;
};

// A sort of orders: its keys before the id, and the text of its value that a token carries.
struct OrderListSort {
  std::vector<SortKey> keys;
  std::string as_text;
};

OrderListSort SortOf(const ports::OrderQuery& query);

}  // namespace logistics::storage
