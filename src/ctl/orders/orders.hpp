// logisticsctl orders …: the arguments as they stand on the command line, and the calls that they lead to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/client/session.hpp"

namespace logistics::ctl {

struct CreateOrderArguments {
  std::string file;                     // a CreateOrderRequest as protobuf JSON, "-" = stdin; other options override it
  std::vector<std::string> items;       // PRODUCT_OR_SKU:QTY:PRICE[:NAME]
  ::order::CreateOrderRequest request;  // everything that is one option, one field
};

struct ListOrdersArguments {
  std::string status;
  std::string from;  // RFC 3339 or a date
  std::string to;
  bool all = false;
  ::order::ListOrdersRequest request;
};

struct ChangeStatusArguments {
  std::string new_status;
  ::order::UpdateOrderStatusRequest request;
};

// Each returns the exit code.
int CreateOrder(Session& session, const CreateOrderArguments& arguments);
int GetOrder(Session& session, const ::order::GetOrderRequest& request);
int ListOrders(Session& session, const ListOrdersArguments& arguments);
int ChangeStatus(Session& session, const ChangeStatusArguments& arguments);
int CancelOrder(Session& session, const ::order::CancelOrderRequest& request);

}  // namespace logistics::ctl
