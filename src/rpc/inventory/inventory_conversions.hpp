// Between the messages of inventory.proto and ours.
#pragma once

#include "inventory.pb.h"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/stock_store.hpp"
#include "logistics/service/inventory_service.hpp"
#include "logistics/service/streams/stock_updates.hpp"

namespace logistics::rpc {

service::CreateItemRequest CreateItemFrom(const ::inventory::CreateItemRequest& request);
service::AdjustRequest AdjustFrom(const ::inventory::AdjustInventoryRequest& request);
service::ReserveRequest ReserveFrom(const ::inventory::StockReservationRequest& request);

void FillItem(const domain::Product& product, ::inventory::Item& item);
void FillLevel(const ports::LevelRow& row, ::inventory::InventoryLevel& level);
void FillItemList(const service::ItemList& list, ::inventory::ListItemsResponse& response);
// An item whose product was not found is named as the request named it.
void FillReservation(const service::ReserveAnswer& answer, const ::inventory::StockReservationRequest& request,
                     ::inventory::StockReservationResponse& response);
void FillReleased(const service::EndReservationAnswer& answer, ::inventory::ReleaseStockResponse& response);
void FillCommitted(const service::EndReservationAnswer& answer, ::inventory::CommitReservationResponse& response);

void FillUpdate(const service::StockUpdate& update, ::inventory::InventoryUpdateEvent& event);

}  // namespace logistics::rpc
