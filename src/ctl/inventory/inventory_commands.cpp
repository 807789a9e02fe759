#include "ctl/inventory/inventory_commands.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ctl/inventory/inventory.hpp"
#include "ctl/inventory/reconcile.hpp"

namespace logistics::ctl {
namespace {

void AddInventoryItems(CLI::App& inventory, Run& run) {
  CLI::App& create = *inventory.add_subcommand("create", "Adds a product to the catalogue");
  auto item = std::make_shared<CreateItemArguments>();
  using Item = CreateItemArguments;
  Text<Item>(
      create, "--sku", item, [](Item& a, const std::string& v) { a.request.set_sku(v); }, "Unique")
      ->required();
  Text<Item>(
      create, "--name", item, [](Item& a, const std::string& v) { a.request.set_name(v); }, "Name")
      ->required();
  Text<Item>(
      create, "--description", item, [](Item& a, const std::string& v) { a.request.set_description(v); },
      "Description");
  Text<Item>(
      create, "--category", item, [](Item& a, const std::string& v) { a.request.set_category(v); }, "Category");
  create.add_option("--attribute", item->attributes, "KEY=VALUE, may be given again");
  create.callback([=, &run] { run = [item](Session& session) { return CreateItem(session, *item); }; });

  CLI::App& get = *inventory.add_subcommand("get", "Shows a product");
  auto get_request = std::make_shared<::inventory::GetItemRequest>();
  using Get = ::inventory::GetItemRequest;
  Text<Get>(
      get, "item", get_request, [](Get& r, const std::string& v) { r.set_id(v); }, "Item id")
      ->required();
  get.callback([=, &run] { run = [get_request](Session& session) { return GetItem(session, *get_request); }; });

  CLI::App& list = *inventory.add_subcommand("list", "Lists the catalogue, by SKU");
  auto list_request = std::make_shared<::inventory::ListItemsRequest>();
  using List = ::inventory::ListItemsRequest;
  Text<List>(
      list, "--category", list_request, [](List& r, const std::string& v) { r.set_category(v); }, "Category");
  list.add_option_function<int>(
      "--page", [list_request](int v) { list_request->set_page(v); }, "From 1");
  list.add_option_function<int>(
      "--page-size", [list_request](int v) { list_request->set_page_size(v); }, "50, at most 100");
  list.callback([=, &run] { run = [list_request](Session& session) { return ListItems(session, *list_request); }; });
}

void AddInventoryStock(CLI::App& inventory, Run& run) {
  CLI::App& adjust = *inventory.add_subcommand("adjust", "Adds pieces to the stock of a product, or removes them");
  auto request = std::make_shared<::inventory::AdjustInventoryRequest>();
  using Adjust = ::inventory::AdjustInventoryRequest;
  Text<Adjust>(
      adjust, "item", request, [](Adjust& r, const std::string& v) { r.set_item_id(v); }, "Item id")
      ->required();
  adjust
      .add_option_function<std::int64_t>(
          "delta", [request](std::int64_t v) { request->set_quantity(v); }, "10 or -3")
      ->required();
  Text<Adjust>(
      adjust, "--reason", request, [](Adjust& r, const std::string& v) { r.set_reason(v); }, "Why");
  Text<Adjust>(
      adjust, "--warehouse", request, [](Adjust& r, const std::string& v) { r.set_location_id(v); },
      "Where (the default warehouse)");
  Text<Adjust>(
      adjust, "--reference", request, [](Adjust& r, const std::string& v) { r.set_reference(v); },
      "A delivery note, a stock-taking");
  adjust.callback([=, &run] { run = [request](Session& session) { return AdjustInventory(session, *request); }; });

  CLI::App& levels = *inventory.add_subcommand("levels", "Shows the pieces in stock, reserved and available");
  auto query = std::make_shared<::inventory::GetInventoryLevelsRequest>();
  levels.add_option_function<std::vector<std::string>>(
      "--item", [query](const std::vector<std::string>& v) { query->mutable_item_ids()->Assign(v.begin(), v.end()); },
      "Item ids (all)");
  levels.add_option_function<std::vector<std::string>>(
      "--warehouse",
      [query](const std::vector<std::string>& v) { query->mutable_location_ids()->Assign(v.begin(), v.end()); },
      "Warehouse ids (all)");
  levels.callback([=, &run] { run = [query](Session& session) { return GetLevels(session, *query); }; });
}

void AddInventoryReservations(CLI::App& inventory, Run& run) {
  CLI::App& reserve =
      *inventory.add_subcommand("reserve", "Makes an external reservation: of all its items, or of none");
  auto hold = std::make_shared<ReserveArguments>();
  using Reserve = ReserveArguments;
  Text<Reserve>(
      reserve, "--order", hold, [](Reserve& a, const std::string& v) { a.request.set_order_id(v); },
      "The reservation's id (a new one)");
  Text<Reserve>(
      reserve, "--warehouse", hold, [](Reserve& a, const std::string& v) { a.request.set_warehouse_id(v); }, "Where")
      ->required();
  reserve.add_option("--item", hold->items, "PRODUCT_OR_SKU:QTY, may be given again")->required();
  reserve.callback([=, &run] { run = [hold](Session& session) { return ReserveStock(session, *hold); }; });

  CLI::App& release = *inventory.add_subcommand("release", "Releases a reservation: its pieces are available again");
  auto release_request = std::make_shared<::inventory::ReleaseStockRequest>();
  using Release = ::inventory::ReleaseStockRequest;
  Text<Release>(
      release, "reservation", release_request, [](Release& r, const std::string& v) { r.set_reservation_id(v); },
      "Its id, which is that of the order")
      ->required();
  Text<Release>(
      release, "--reason", release_request, [](Release& r, const std::string& v) { r.set_reason(v); }, "Why");
  release.callback([=, &run] {
    run = [release_request](Session& session) { return ReleaseReservation(session, *release_request); };
  });

  CLI::App& commit = *inventory.add_subcommand("commit", "Commits a reservation: its pieces leave the stock");
  auto commit_request = std::make_shared<::inventory::CommitReservationRequest>();
  using Commit = ::inventory::CommitReservationRequest;
  Text<Commit>(
      commit, "reservation", commit_request, [](Commit& r, const std::string& v) { r.set_reservation_id(v); },
      "Its id, which is that of the order")
      ->required();
  commit.callback(
      [=, &run] { run = [commit_request](Session& session) { return CommitReservation(session, *commit_request); }; });
}

void AddReconcile(CLI::App& inventory, Run& run) {
  CLI::App& reconcile = *inventory.add_subcommand(
      "reconcile", "Compares the reservations of our orders with the levels of the remote inventory service");
  auto request = std::make_shared<::logistics::admin::ReconcileInventoryRequest>();
  reconcile.add_flag_callback(
      "--fix", [request] { request->set_fix(true); },
      "Releases and commits again, at the inventory service, the reservations that our orders ended; never adjusts");
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
  AddInventoryItems(inventory, run);
  AddInventoryStock(inventory, run);
  AddInventoryReservations(inventory, run);
  AddReconcile(inventory, run);
}

}  // namespace logistics::ctl
