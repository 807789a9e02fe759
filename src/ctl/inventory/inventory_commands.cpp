#include "ctl/inventory/inventory_commands.hpp"

#include <memory>

#include "ctl/inventory/inventory.hpp"
#include "ctl/inventory/reconcile.hpp"

namespace logistics::ctl {
namespace {

void AddItems(CLI::App& inventory, Run& run) {
  CLI::App& create = *inventory.add_subcommand("create", "Adds a product to the catalogue");
  auto item = std::make_shared<CreateItemArguments>();
  FieldOptions created(create, {item, &item->request});
  created.Add("--sku", "sku", "Unique")->required();
  created.Add("--name", "name", "Name")->required();
  created.Add("--description", "description", "Description");
  created.Add("--category", "category", "Category");
  create.add_option("--attribute", item->attributes, "KEY=VALUE, may be given again");
  create.callback([=, &run] { run = [item](Session& session) { return CreateItem(session, *item); }; });

  CLI::App& get = *inventory.add_subcommand("get", "Shows a product");
  auto get_request = std::make_shared<::inventory::GetItemRequest>();
  FieldOptions(get, get_request).Add("item", "id", "Item id")->required();
  get.callback([=, &run] { run = [get_request](Session& session) { return GetItem(session, *get_request); }; });

  CLI::App& list = *inventory.add_subcommand("list", "Lists the catalogue, by SKU");
  auto list_request = std::make_shared<::inventory::ListItemsRequest>();
  FieldOptions listed(list, list_request);
  listed.Add("--category", "category", "Category");
  listed.Add("--page", "page", "From 1");
  listed.Add("--page-size", "page_size", "50, at most 100");
  list.callback([=, &run] { run = [list_request](Session& session) { return ListItems(session, *list_request); }; });
}

void AddStock(CLI::App& inventory, Run& run) {
  CLI::App& adjust = *inventory.add_subcommand("adjust", "Adds pieces to the stock of a product, or removes them");
  auto adjustment = std::make_shared<AdjustArguments>();
  FieldOptions fields(adjust, {adjustment, &adjustment->request});
  fields.Add("item", "item_id", "Item id")->required();
  fields.Add("delta", "quantity", "10 or -3")->required();
  fields.Add("--reason", "reason", "Why");
  fields.Add("--warehouse", "location_id", "Where (the default warehouse)");
  fields.Add("--reference", "reference", "A delivery note, a stock-taking");
  adjust.add_option("--request-id", adjustment->request_id,
                    "Known for a day: the same one again changes nothing twice (a new one)");
  adjust.callback(
      [=, &run] { run = [adjustment](Session& session) { return AdjustInventory(session, *adjustment); }; });

  CLI::App& levels = *inventory.add_subcommand("levels", "Shows the pieces in stock, reserved and available");
  auto query = std::make_shared<::inventory::GetInventoryLevelsRequest>();
  FieldOptions queried(levels, query);
  queried.Add("--item", "item_ids", "Item ids (all)");
  queried.Add("--warehouse", "location_ids", "Warehouse ids (all)");
  levels.callback([=, &run] { run = [query](Session& session) { return GetLevels(session, *query); }; });
}

void AddReservations(CLI::App& inventory, Run& run) {
  CLI::App& reserve =
      *inventory.add_subcommand("reserve", "Makes an external reservation: of all its items, or of none");
  auto reservation = std::make_shared<ReserveArguments>();
  FieldOptions reserved(reserve, {reservation, &reservation->request});
  reserved.Add("--order", "order_id", "The reservation's id (a new one)");
  reserved.Add("--warehouse", "warehouse_id", "Where")->required();
  reserve.add_option("--item", reservation->items, "PRODUCT_OR_SKU:QTY, may be given again")->required();
  reserve.callback(
      [=, &run] { run = [reservation](Session& session) { return ReserveStock(session, *reservation); }; });

  constexpr char kIdHelp[] = "Its id, which is that of the order";
  CLI::App& release = *inventory.add_subcommand("release", "Releases a reservation: its pieces are available again");
  auto released = std::make_shared<::inventory::ReleaseStockRequest>();
  FieldOptions fields(release, released);
  fields.Add("reservation", "reservation_id", kIdHelp)->required();
  fields.Add("--reason", "reason", "Why");
  release.callback(
      [=, &run] { run = [released](Session& session) { return ReleaseReservation(session, *released); }; });

  CLI::App& commit = *inventory.add_subcommand("commit", "Commits a reservation: its pieces leave the stock");
  auto committed = std::make_shared<::inventory::CommitReservationRequest>();
  FieldOptions(commit, committed).Add("reservation", "reservation_id", kIdHelp)->required();
  commit.callback(
      [=, &run] { run = [committed](Session& session) { return CommitReservation(session, *committed); }; });
}

void AddReconcile(CLI::App& inventory, Run& run) {
  CLI::App& reconcile = *inventory.add_subcommand(
      "reconcile", "Compares the reservations of our orders with the levels of the remote inventory service");
  auto request = std::make_shared<::logistics::admin::ReconcileInventoryRequest>();
  FieldOptions(reconcile, request)
      .Add("--fix", "fix",
           "Releases and commits again, at the inventory service, the reservations that our orders ended; never "
           "adjusts");
  reconcile.callback(
      [=, &run] { run = [request](Session& session) { return ReconcileInventory(session, *request); }; });
}

}  // namespace

void AddInventoryCommands(CLI::App& app, Run& run) {
  CLI::App& inventory = *app.add_subcommand(
      "inventory",
      "Inventory, ours or the remote one: create, get, list, adjust, levels, reserve, release, commit, reconcile");
  inventory.require_subcommand(1);
  inventory.fallthrough();
  AddItems(inventory, run);
  AddStock(inventory, run);
  AddReservations(inventory, run);
  AddReconcile(inventory, run);
}

}  // namespace logistics::ctl
