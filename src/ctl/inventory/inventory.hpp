// logisticsctl inventory …: what is done with the arguments.
#pragma once

#include <string>
#include <vector>

#include "ctl/client/session.hpp"

namespace logistics::ctl {

struct CreateItemArguments {
  std::vector<std::string> attributes;  // KEY=VALUE
  ::inventory::CreateItemRequest request;
};

struct ReserveArguments {
  std::vector<std::string> items;  // PRODUCT_OR_SKU:QTY
  ::inventory::StockReservationRequest request;
};

// Each returns the exit code.
int CreateItem(Session& session, const CreateItemArguments& arguments);
int GetItem(Session& session, const ::inventory::GetItemRequest& request);
int ListItems(Session& session, const ::inventory::ListItemsRequest& request);
int AdjustInventory(Session& session, const ::inventory::AdjustInventoryRequest& request);
int GetLevels(Session& session, const ::inventory::GetInventoryLevelsRequest& request);
// A reservation that is answered with success = false is kExitRefused, with the answer on stdout all the same.
int ReserveStock(Session& session, const ReserveArguments& arguments);
int ReleaseReservation(Session& session, const ::inventory::ReleaseStockRequest& request);
int CommitReservation(Session& session, const ::inventory::CommitReservationRequest& request);

}  // namespace logistics::ctl
