// logisticsctl inventory …: what is done with the arguments.
#pragma once

#include <string>
#include <vector>

#include "ctl/session.hpp"

namespace logistics::ctl {

struct CreateItemArguments {
  std::vector<std::string> attributes;  // KEY=VALUE
  ::inventory::CreateItemRequest request;
};

// Each returns the exit code.
int CreateItem(Session& session, const CreateItemArguments& arguments);
int GetItem(Session& session, const ::inventory::GetItemRequest& request);
int ListItems(Session& session, const ::inventory::ListItemsRequest& request);
int AdjustInventory(Session& session, const ::inventory::AdjustInventoryRequest& request);
int GetLevels(Session& session, const ::inventory::GetInventoryLevelsRequest& request);

}  // namespace logistics::ctl
