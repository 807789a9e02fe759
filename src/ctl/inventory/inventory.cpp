#include "ctl/inventory/inventory.hpp"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "ctl/client/text.hpp"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::ctl {
namespace {

using InventoryStub = ::inventory::InventoryService::Stub;

// The metadata key of an adjustment's request id.
constexpr char kIdempotencyKey[] = "idempotency-key";

std::string ItemText(const ::inventory::ItemResponse& response) {
  const ::inventory::Item& item = response.item();
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text.append(name).append(13 - name.size(), ' ').append(OneLine(value)).append("\n");
  };
  line("item", item.id());
  line("sku", Named(item.sku()));
  line("name", item.name());
  line("description", item.description());
  line("category", Named(item.category()));
  for (const auto& [key, value] : item.attributes()) line("attribute", absl::StrCat(Named(key), "=", value));
  line("created", TimeText(item.created_at()));
  line("updated", TimeText(item.updated_at()));
  return text;
}

std::string ItemListText(const ::inventory::ListItemsResponse& list) {
  Table table({"item", "sku", "name", "category"});
  for (const ::inventory::Item& item : list.items()) {
    table.Add({item.id(), Named(item.sku()), item.name(), Named(item.category())});
  };
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

// PRODUCT_OR_SKU:QTY; the SKU may contain colons, and may stand in quotes as for an order.
bool ParseWanted(const std::string& text, ::inventory::ProductItem& item) {
  std::int32_t quantity = 0;
  const std::optional<QuotedName> quoted = TakeQuotedName(text);
  if (quoted && absl::SimpleAtoi(absl::string_view(quoted->rest.data(), quoted->rest.size()), &quantity)) {
    item.set_sku(quoted->name);
    item.set_quantity(quantity);
    return true;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(text.substr(colon + 1), &quantity)) return false;
  const std::string name = text.substr(0, colon);
  domain::Uuid::Parse(name) ? item.set_product_id(name) : item.set_sku(name);
  item.set_quantity(quantity);
  return true;
}

std::string ReservationText(const ::inventory::StockReservationResponse& response) {
  Table table({"item", "sku", "in stock", "available>", "error"});
  for (const ::inventory::ProductAvailability& item : response.items()) {
    table.Add({item.product_id(), Named(item.sku()), item.in_stock() ? "yes" : "no",
               absl::StrCat(item.available_quantity()), OneLine(item.error_message())});
  }
  return absl::StrCat("reservation  ", Named(response.reservation_id()), "\n", table.ToString(),
                      OneLine(response.message()), "\n");
}

// A random UUID (RFC 9562 §5.4).
std::string NewRequestId() {
  std::random_device random;
  domain::Uuid::Bytes bytes;
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() & 0xFF);
  bytes[6] = static_cast<std::uint8_t>(0x40 | (bytes[6] & 0x0F));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));
  return domain::Uuid(bytes).ToString();
}

// An answer with success = false is a refusal.
template <typename Response>
int RefusedUnlessSuccess(int code, const Response& response) {
  if (code != kExitOk || response.success()) return code;
  std::fprintf(stderr, "refused: %s\n", OneLine(response.message()).c_str());
  return kExitRefused;
}

template <typename Response>
std::string MessageText(const Response& response) {
  return OneLine(response.message()) + "\n";
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
  return session.Ask(session.inventory(), &InventoryStub::CreateItem, request, ItemText);
}

int GetItem(Session& session, const ::inventory::GetItemRequest& request) {
  return session.Ask(session.inventory(), &InventoryStub::GetItem, request, ItemText);
}

int ListItems(Session& session, const ::inventory::ListItemsRequest& request) {
  return session.Ask(session.inventory(), &InventoryStub::ListItems, request, ItemListText);
}

int AdjustInventory(Session& session, const AdjustArguments& arguments) {
  const std::string request_id = arguments.request_id.empty() ? NewRequestId() : arguments.request_id;
  if (!domain::IsPrintableAscii(request_id))
    return UsageError("--request-id has characters that are not printable ASCII");
  ::inventory::AdjustInventoryResponse response;
  const int code = session.Call([&](grpc::ClientContext& context) {
    context.AddMetadata(kIdempotencyKey, request_id);
    return session.inventory().AdjustInventory(&context, arguments.request, &response);
  });
  if (code == kExitUnavailable) {
    std::fprintf(stderr, "  to repeat it safely within a day: --request-id %s\n", request_id.c_str());
  }
  if (code != kExitOk) return code;
  return session.Answer(response, [&] { return LevelsText(std::vector{response.inventory_level()}); });
}

int GetLevels(Session& session, const ::inventory::GetInventoryLevelsRequest& request) {
  return session.Ask(
      session.inventory(), &InventoryStub::GetInventoryLevels, request,
      [](const ::inventory::GetInventoryLevelsResponse& response) { return LevelsText(response.levels()); });
}

int ReserveStock(Session& session, const ReserveArguments& arguments) {
  ::inventory::StockReservationRequest request = arguments.request;
  for (const std::string& text : arguments.items) {
    if (!ParseWanted(text, *request.add_items())) {
      return UsageError(absl::StrCat("--item \"", text, "\" is not PRODUCT_OR_SKU:QTY"));
    }
  }
  ::inventory::StockReservationResponse response;
  return RefusedUnlessSuccess(
      session.Ask(session.inventory(), &InventoryStub::CheckAndReserveStock, request, ReservationText, &response),
      response);
}

int ReleaseReservation(Session& session, const ::inventory::ReleaseStockRequest& request) {
  ::inventory::ReleaseStockResponse response;
  return RefusedUnlessSuccess(
      session.Ask(session.inventory(), &InventoryStub::ReleaseReservedStock, request, MessageText, &response),
      response);
}

int CommitReservation(Session& session, const ::inventory::CommitReservationRequest& request) {
  ::inventory::CommitReservationResponse response;
  return RefusedUnlessSuccess(
      session.Ask(session.inventory(), &InventoryStub::CommitReservation, request, MessageText, &response), response);
}

}  // namespace logistics::ctl
