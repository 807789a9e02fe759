// Between the messages of inventory.proto and ours.
#pragma once

#include "inventory.pb.h"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/stock_store.hpp"
#include "logistics/service/inventory_service.hpp"

namespace logistics::rpc {

service::CreateItemRequest CreateItemFrom(const ::inventory::CreateItemRequest& request);
service::AdjustRequest AdjustFrom(const ::inventory::AdjustInventoryRequest& request);

void FillItem(const domain::Product& product, ::inventory::Item& item);
void FillLevel(const ports::LevelRow& row, ::inventory::InventoryLevel& level);
void FillItemList(const service::ItemList& list, ::inventory::ListItemsResponse& response);

}  // namespace logistics::rpc
