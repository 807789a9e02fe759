#include "ctl/orders/orders_commands.hpp"

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "ctl/orders/orders.hpp"
#include "ctl/orders/watch.hpp"

namespace logistics::ctl {
namespace {

void AddOrdersCreate(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("create", "Places an order: all its stock is reserved, or nothing happens");
  auto arguments = std::make_shared<CreateOrderArguments>();
  FieldOptions fields(app, {arguments, &arguments->request});
  CLI::Option* file = app.add_option("--file", arguments->file,
                                     "The order as protobuf JSON (order.CreateOrderRequest), - for stdin; other "
                                     "options override or add to it");
  CLI::Option* customer = fields.Add("--customer", "customer_id", "Customer id");
  CLI::Option* item = app.add_option("--item", arguments->items,
                                     "PRODUCT_OR_SKU:QTY:PRICE[:NAME], once a line; a SKU that could be read\n"
                                     "so itself in double quotes: '\"A:1:2\":3:9.99'");
  fields.Add("--currency", "payment_info.currency", "ISO 4217 code of all prices");
  fields.Add("--notes", "notes", "Notes");
  fields.Add("--idempotency-key", "idempotency_key", "Repeating the call with this key makes no second order");
  fields.Add("--warehouse", "warehouse_id", "Where the stock is taken from (the default warehouse)");
  fields.Add("--paid", "payment_info.is_paid", "The order is paid");
  fields.Add("--payment-method", "payment_info.payment_method", "How it is paid");
  fields.Add("--transaction-id", "payment_info.transaction_id", "The payment's id");
  fields.Add("--amount", "payment_info.amount", "The total that you expect: checked");
  fields.Add("--shipping-cost", "shipping_info.shipping_cost", "Shipping cost");
  fields.Add("--shipping-method", "shipping_info.shipping_method", "How it is sent");
  fields.Add("--recipient", "shipping_info.recipient_name", "Recipient's name");
  fields.Add("--phone", "shipping_info.recipient_phone", "Recipient's phone");
  fields.Add("--address-line1", "shipping_info.address_line1", "Street");
  fields.Add("--address-line2", "shipping_info.address_line2", "More of the address");
  fields.Add("--postal-code", "shipping_info.postal_code", "Postal code");
  fields.Add("--city", "shipping_info.city", "City");
  fields.Add("--state", "shipping_info.state", "State or province");
  fields.Add("--country", "shipping_info.country", "Country");
  app.callback([=, &run] {
    if (file->count() == 0 && customer->count() == 0) throw CLI::RequiredError("--customer or --file");
    if (file->count() == 0 && item->count() == 0) throw CLI::RequiredError("--item or --file");
    run = [arguments](Session& session) { return CreateOrder(session, *arguments); };
  });
}

void AddOrdersList(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("list", "Lists orders");
  auto arguments = std::make_shared<ListOrdersArguments>();
  FieldOptions fields(app, {arguments, &arguments->request});
  app.add_option("--status", arguments->status, "pending, processing, shipped, delivered, cancelled or returned");
  fields.Add("--customer", "customer_id", "Customer id");
  app.add_option("--from", arguments->from, "Created at or after: RFC 3339 or a date");
  app.add_option("--to", arguments->to, "Created before: RFC 3339 or a date");
  fields.Add("--sort-by", "sort_by", "created_at (default), updated_at, total_amount or status");
  fields.Add("--desc", "sort_desc", "Largest or newest first");
  CLI::Option* page = fields.Add("--page", "page", "From 1, within the first 10,000 orders; --page-token reaches all");
  fields.Add("--page-size", "page_size", "50, at most 100");
  CLI::Option* token = fields.Add("--page-token", "page_token",
                                  "Continues after an answer (its next_page_token), with the same filters and sort");
  app.add_flag("--all", arguments->all, "Follows the pages to the end")->excludes(page)->excludes(token);
  app.callback([=, &run] { run = [arguments](Session& session) { return ListOrders(session, *arguments); }; });
}

void AddOrdersGet(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("get", "Shows an order");
  auto request = std::make_shared<::order::GetOrderRequest>();
  FieldOptions(app, request).Add("id", "order_id", "Order id")->required();
  app.callback([=, &run] { run = [request](Session& session) { return GetOrder(session, *request); }; });
}

void AddOrdersStatus(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("status", "Moves an order to another status");
  auto arguments = std::make_shared<ChangeStatusArguments>();
  FieldOptions fields(app, {arguments, &arguments->request});
  fields.Add("id", "order_id", "Order id")->required();
  app.add_option("new_status", arguments->new_status,
                 "pending to processing or cancelled, processing to shipped or cancelled, shipped to delivered or "
                 "returned, delivered to returned")
      ->required();
  fields.Add("--notes", "status_notes", "Why");
  fields.Add("--by", "changed_by", "Who");
  fields.Add("--expected-version", "expected_version", "Refuse when the order has another version");
  app.callback([=, &run] { run = [arguments](Session& session) { return ChangeStatus(session, *arguments); }; });
}

void AddOrdersCancel(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("cancel", "Cancels an order and releases its stock");
  auto request = std::make_shared<::order::CancelOrderRequest>();
  FieldOptions fields(app, request);
  fields.Add("id", "order_id", "Order id")->required();
  fields.Add("--reason", "reason", "Why");
  fields.Add("--by", "cancelled_by", "Who");
  fields.Add("--expected-version", "expected_version", "Refuse when the order has another version");
  app.callback([=, &run] { run = [request](Session& session) { return CancelOrder(session, *request); }; });
}

void AddOrdersWatch(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("watch", "Shows changes of orders as they come, until Ctrl-C");
  auto arguments = std::make_shared<WatchArguments>();
  FieldOptions fields(app, {arguments, &arguments->request});
  CLI::Option* customer = fields.Add("--customer", "customer_id", "The orders of this customer");
  CLI::Option* order = fields.Add("--order", "order_id", "This order");
  app.add_flag_callback(
         "--all", [] {}, "All orders (the default)")
      ->excludes(customer)
      ->excludes(order);
  customer->excludes(order);
  CLI::Option* snapshot = fields.Add("--snapshot", "include_snapshot", "Begin with the orders as they stand");
  fields.Add("--token", "resume_token", "Begin after an earlier watch, with its last resume_token")->excludes(snapshot);
  app.add_option("--count", arguments->count, "End after this many changes")->check(CLI::PositiveNumber);
  app.add_option_function<std::string>(
         "--for", [](const std::string& /*checked below*/) {}, "End after this time: seconds, or 500ms, 1m, 2h")
      ->check([arguments](const std::string& text) {
        const bool right = ParseDuration(text, absl::Hours(10'000), arguments->time);
        return right ? "" : "is no duration above 0 and up to 10000h: " + text;
      });
  app.footer(
      "\nA stream that ends is resumed where it ended. --json prints one object a line; an object without an\n"
      "order_id only carries a later resume_token. --timeout does not apply.");
  app.callback([=, &run] { run = [arguments](Session& session) { return WatchOrders(session, *arguments); }; });
}

}  // namespace

void AddOrdersCommands(CLI::App& app, Run& run) {
  CLI::App& orders = *app.add_subcommand("orders", "Orders: create, get, list, status, cancel, watch");
  orders.require_subcommand(1);
  orders.fallthrough();
  AddOrdersCreate(orders, run);
  AddOrdersList(orders, run);
  AddOrdersGet(orders, run);
  AddOrdersStatus(orders, run);
  AddOrdersCancel(orders, run);
  AddOrdersWatch(orders, run);
}

}  // namespace logistics::ctl
