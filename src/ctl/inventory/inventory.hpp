// logisticsctl inventory …: the calls that the arguments lead to.
#pragma once

#include <string>
#include <vector>

#include "ctl/client/session.hpp"

namespace logistics::ctl {

struct CreateItemArguments {
  std::vector<std::string> attributes;  // KEY=VALUE
  ::inventory::CreateItemRequest request;
};

struct AdjustArguments {
  std::string request_id;  // empty: a new one
  ::inventory::AdjustInventoryRequest request;
};

struct ReserveArguments {
  std::vector<std::string> items;  // PRODUCT_OR_SKU:QTY
  ::inventory::StockReservationRequest request;
};

// Each returns the exit code.
int CreateItem(Session& session, const CreateItemArguments& arguments);
int GetItem(Session& session, const ::inventory::GetItemRequest& request);
int ListItems(Session& session, const ::inventory::ListItemsRequest& request);
// A failure that leaves open whether it was done names the request id on stderr: with it, it can be repeated.
int AdjustInventory(Session& session, const AdjustArguments& arguments);
int GetLevels(Session& session, const ::inventory::GetInventoryLevelsRequest& request);
// An answer with success = false gives kExitRefused; the answer is on stdout all the same.
int ReserveStock(Session& session, const ReserveArguments& arguments);
int ReleaseReservation(Session& session, const ::inventory::ReleaseStockRequest& request);
int CommitReservation(Session& session, const ::inventory::CommitReservationRequest& request);

}  // namespace logistics::ctl
