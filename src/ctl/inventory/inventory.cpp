#include "ctl/inventory/inventory.hpp"

#include <cstdint>
#include <cstdio>
#include <functional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "ctl/client/text.hpp"
#include "logistics/domain/ids.hpp"

namespace logistics::ctl {
namespace {

std::string ItemText(const ::inventory::Item& item) {
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text.append(name).append(13 - name.size(), ' ').append(OneLine(value)).append("\n");
  };
  line("item", item.id());
  line("sku", item.sku());
  line("name", item.name());
  line("description", item.description());
  line("category", item.category());
  for (const auto& [key, value] : item.attributes()) line("attribute", absl::StrCat(key, "=", value));
  line("created", TimeText(item.created_at()));
  line("updated", TimeText(item.updated_at()));
  return text;
}

std::string ListText(const ::inventory::ListItemsResponse& list) {
  Table table({"item", "sku", "name", "category"});
  for (const ::inventory::Item& item : list.items()) table.Add({item.id(), item.sku(), item.name(), item.category()});
  return absl::StrCat(table.ToString(), list.items_size(), " of ", list.total(), " items, page ", list.page(), "\n");
}

template <typename Levels>
std::string LevelsText(const Levels& levels) {
  Table table({"item", "location", "quantity>", "reserved>", "available>", "updated"});
  for (const ::inventory::InventoryLevel& level : levels) {
    table.Add({level.item_id(), level.location_id(), absl::StrCat(level.quantity()), absl::StrCat(level.reserved()),
               absl::StrCat(level.available()), TimeText(level.last_updated())});
  }
  return table.ToString();
}

bool ParseWanted(const std::string& text, ::inventory::ProductItem& item) {
  const std::size_t colon = text.rfind(':');
  std::int32_t quantity = 0;
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(text.substr(colon + 1), &quantity)) return false;
  const std::string name = text.substr(0, colon);
  domain::Uuid::Parse(name) ? item.set_product_id(name) : item.set_sku(name);
  item.set_quantity(quantity);
  return true;
}

std::string ReservationText(const ::inventory::StockReservationResponse& response) {
  Table table({"item", "sku", "in stock", "available>", "error"});
  for (const ::inventory::ProductAvailability& item : response.items()) {
    table.Add({item.product_id(), item.sku(), item.in_stock() ? "yes" : "no", absl::StrCat(item.available_quantity()),
               OneLine(item.error_message())});
  }
  return absl::StrCat("reservation  ", response.reservation_id(), "\n", table.ToString(), OneLine(response.message()),
                      "\n");
}

// A peer that answers success = false has refused.
template <typename Response>
int Outcome(Session& session, const Response& response, const std::function<std::string()>& human) {
  const int code = session.Answer(response, human);
  if (code != kExitOk || response.success()) return code;
  std::fprintf(stderr, "refused: %s\n", OneLine(response.message()).c_str());
  return kExitRefused;
}

}  // namespace

int CreateItem(Session& session, const CreateItemArguments& arguments) {
  ::inventory::CreateItemRequest request = arguments.request;
  for (const std::string& text : arguments.attributes) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(absl::StrCat("--attribute \"", text, "\" is not KEY=VALUE"));
    }
    (*request.mutable_attributes())[text.substr(0, equals)] = text.substr(equals + 1);
  }
  ::inventory::ItemResponse response;
  const int code = session.Call(
      [&](grpc::ClientContext& context) { return session.inventory().CreateItem(&context, request, &response); });
  return code != kExitOk ? code : session.Answer(response, [&] { return ItemText(response.item()); });
}

int GetItem(Session& session, const ::inventory::GetItemRequest& request) {
  ::inventory::ItemResponse response;
  const int code = session.Call(
      [&](grpc::ClientContext& context) { return session.inventory().GetItem(&context, request, &response); });
  return code != kExitOk ? code : session.Answer(response, [&] { return ItemText(response.item()); });
}

int ListItems(Session& session, const ::inventory::ListItemsRequest& request) {
  ::inventory::ListItemsResponse response;
  const int code = session.Call(
      [&](grpc::ClientContext& context) { return session.inventory().ListItems(&context, request, &response); });
  return code != kExitOk ? code : session.Answer(response, [&] { return ListText(response); });
}

int AdjustInventory(Session& session, const ::inventory::AdjustInventoryRequest& request) {
  ::inventory::AdjustInventoryResponse response;
  const int code = session.Call(
      [&](grpc::ClientContext& context) { return session.inventory().AdjustInventory(&context, request, &response); });
  if (code != kExitOk) return code;
  return session.Answer(response, [&] { return LevelsText(std::vector{response.inventory_level()}); });
}

int GetLevels(Session& session, const ::inventory::GetInventoryLevelsRequest& request) {
  ::inventory::GetInventoryLevelsResponse response;
  const int code = session.Call([&](grpc::ClientContext& context) {
    return session.inventory().GetInventoryLevels(&context, request, &response);
  });
  return code != kExitOk ? code : session.Answer(response, [&] { return LevelsText(response.levels()); });
}

int ReserveStock(Session& session, const ReserveArguments& arguments) {
  ::inventory::StockReservationRequest request = arguments.request;
  for (const std::string& text : arguments.items) {
    if (!ParseWanted(text, *request.add_items())) {
      return UsageError(absl::StrCat("--item \"", text, "\" is not PRODUCT_OR_SKU:QTY"));
    }
  }
  ::inventory::StockReservationResponse response;
  const int code = session.Call([&](grpc::ClientContext& context) {
    return session.inventory().CheckAndReserveStock(&context, request, &response);
  });
  return code != kExitOk ? code : Outcome(session, response, [&] { return ReservationText(response); });
}

int ReleaseReservation(Session& session, const ::inventory::ReleaseStockRequest& request) {
  ::inventory::ReleaseStockResponse response;
  const int code = session.Call([&](grpc::ClientContext& context) {
    return session.inventory().ReleaseReservedStock(&context, request, &response);
  });
  if (code != kExitOk) return code;
  return Outcome(session, response, [&] { return OneLine(response.message()) + "\n"; });
}

int CommitReservation(Session& session, const ::inventory::CommitReservationRequest& request) {
  ::inventory::CommitReservationResponse response;
  const int code = session.Call([&](grpc::ClientContext& context) {
    return session.inventory().CommitReservation(&context, request, &response);
  });
  if (code != kExitOk) return code;
  return Outcome(session, response, [&] { return OneLine(response.message()) + "\n"; });
}

}  // namespace logistics::ctl
