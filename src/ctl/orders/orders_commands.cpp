#include "ctl/orders/orders_commands.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "ctl/orders/orders.hpp"
#include "ctl/orders/watch.hpp"

namespace logistics::ctl {
namespace {

void AddOrdersCreate(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("create", "Places an order: all its stock is reserved, or nothing happens");
  auto arguments = std::make_shared<CreateOrderArguments>();
  using A = CreateOrderArguments;
  const auto text = [&](const std::string& name, std::function<void(A&, const std::string&)> set,
                        const std::string& help) { return Text<A>(app, name, arguments, std::move(set), help); };
  const auto amount = [&](const std::string& name, std::function<void(A&, double)> set, const std::string& help) {
    app.add_option_function<double>(
        name, [arguments, set = std::move(set)](double v) { set(*arguments, v); }, help);
  };
  const auto shipping = [](A& a) { return a.request.mutable_shipping_info(); };
  const auto payment = [](A& a) { return a.request.mutable_payment_info(); };

  CLI::Option* file = app.add_option("--file", arguments->file,
                                     "The order as protobuf JSON (order.CreateOrderRequest), - for stdin; other "
                                     "options override or add to it");
  CLI::Option* customer = text(
      "--customer", [](A& a, const std::string& v) { a.request.set_customer_id(v); }, "Customer id");
  CLI::Option* item = app.add_option("--item", arguments->items, "PRODUCT_OR_SKU:QTY:PRICE[:NAME], once a line");
  text(
      "--currency", [=](A& a, const std::string& v) { payment(a)->set_currency(v); }, "ISO 4217 code of all prices");
  text(
      "--notes", [](A& a, const std::string& v) { a.request.set_notes(v); }, "Notes");
  text(
      "--idempotency-key", [](A& a, const std::string& v) { a.request.set_idempotency_key(v); },
      "Repeating the call with this key makes no second order");
  text(
      "--warehouse", [](A& a, const std::string& v) { a.request.set_warehouse_id(v); },
      "Where the stock is taken from (the default warehouse)");
  app.add_flag_callback(
      "--paid", [=] { payment(*arguments)->set_is_paid(true); }, "The order is paid");
  text(
      "--payment-method", [=](A& a, const std::string& v) { payment(a)->set_payment_method(v); }, "How it is paid");
  text(
      "--transaction-id", [=](A& a, const std::string& v) { payment(a)->set_transaction_id(v); }, "The payment's id");
  amount(
      "--amount", [=](A& a, double v) { payment(a)->set_amount(v); }, "The total that you expect: checked");
  amount(
      "--shipping-cost", [=](A& a, double v) { shipping(a)->set_shipping_cost(v); }, "Shipping cost");
  text(
      "--shipping-method", [=](A& a, const std::string& v) { shipping(a)->set_shipping_method(v); }, "How it is sent");
  text(
      "--recipient", [=](A& a, const std::string& v) { shipping(a)->set_recipient_name(v); }, "Recipient's name");
  text(
      "--phone", [=](A& a, const std::string& v) { shipping(a)->set_recipient_phone(v); }, "Recipient's phone");
  text(
      "--address-line1", [=](A& a, const std::string& v) { shipping(a)->set_address_line1(v); }, "Street");
  text(
      "--address-line2", [=](A& a, const std::string& v) { shipping(a)->set_address_line2(v); }, "More of the address");
  text(
      "--postal-code", [=](A& a, const std::string& v) { shipping(a)->set_postal_code(v); }, "Postal code");
  text(
      "--city", [=](A& a, const std::string& v) { shipping(a)->set_city(v); }, "City");
  text(
      "--state", [=](A& a, const std::string& v) { shipping(a)->set_state(v); }, "State or province");
  text(
      "--country", [=](A& a, const std::string& v) { shipping(a)->set_country(v); }, "Country");
  app.callback([=, &run] {
    if (file->count() == 0 && customer->count() == 0) throw CLI::RequiredError("--customer or --file");
    if (file->count() == 0 && item->count() == 0) throw CLI::RequiredError("--item or --file");
    run = [arguments](Session& session) { return CreateOrder(session, *arguments); };
  });
}

void AddOrdersList(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("list", "Lists orders");
  auto arguments = std::make_shared<ListOrdersArguments>();
  using A = ListOrdersArguments;
  app.add_option("--status", arguments->status, "pending, processing, shipped, delivered, cancelled or returned");
  Text<A>(
      app, "--customer", arguments, [](A& a, const std::string& v) { a.request.set_customer_id(v); }, "Customer id");
  app.add_option("--from", arguments->from, "Created at or after: RFC 3339 or a date");
  app.add_option("--to", arguments->to, "Created before: RFC 3339 or a date");
  Text<A>(
      app, "--sort-by", arguments, [](A& a, const std::string& v) { a.request.set_sort_by(v); },
      "created_at (default), updated_at, total_amount or status");
  app.add_flag_callback(
      "--desc", [arguments] { arguments->request.set_sort_desc(true); }, "Largest or newest first");
  CLI::Option* page = app.add_option_function<int>(
      "--page", [arguments](int v) { arguments->request.set_page(v); }, "From 1");
  app.add_option_function<int>(
      "--page-size", [arguments](int v) { arguments->request.set_page_size(v); }, "50, at most 100");
  CLI::Option* token = Text<A>(
      app, "--page-token", arguments, [](A& a, const std::string& v) { a.request.set_page_token(v); },
      "Continues after an answer (its next_page_token), with the same filters and sort");
  app.add_flag("--all", arguments->all, "Follows the pages to the end")->excludes(page)->excludes(token);
  app.callback([=, &run] { run = [arguments](Session& session) { return ListOrders(session, *arguments); }; });
}

void AddOrdersChanges(CLI::App& orders, Run& run) {
  CLI::App& get = *orders.add_subcommand("get", "Shows an order");
  auto get_request = std::make_shared<::order::GetOrderRequest>();
  using Get = ::order::GetOrderRequest;
  Text<Get>(
      get, "id", get_request, [](Get& r, const std::string& v) { r.set_order_id(v); }, "Order id")
      ->required();
  get.callback([=, &run] { run = [get_request](Session& session) { return GetOrder(session, *get_request); }; });

  CLI::App& status = *orders.add_subcommand("status", "Moves an order to another status");
  auto change = std::make_shared<ChangeStatusArguments>();
  using Change = ChangeStatusArguments;
  Text<Change>(
      status, "id", change, [](Change& c, const std::string& v) { c.request.set_order_id(v); }, "Order id")
      ->required();
  status
      .add_option("new_status", change->new_status,
                  "pending to processing or cancelled, processing to shipped or cancelled, shipped to delivered or "
                  "returned, delivered to returned")
      ->required();
  Text<Change>(
      status, "--notes", change, [](Change& c, const std::string& v) { c.request.set_status_notes(v); }, "Why");
  Text<Change>(
      status, "--by", change, [](Change& c, const std::string& v) { c.request.set_changed_by(v); }, "Who");
  status.add_option_function<std::int64_t>(
      "--expected-version", [change](std::int64_t v) { change->request.set_expected_version(v); },
      "Refuse when the order has another version");
  status.callback([=, &run] { run = [change](Session& session) { return ChangeStatus(session, *change); }; });

  CLI::App& cancel = *orders.add_subcommand("cancel", "Cancels an order and releases its stock");
  auto request = std::make_shared<::order::CancelOrderRequest>();
  using Cancel = ::order::CancelOrderRequest;
  Text<Cancel>(
      cancel, "id", request, [](Cancel& r, const std::string& v) { r.set_order_id(v); }, "Order id")
      ->required();
  Text<Cancel>(
      cancel, "--reason", request, [](Cancel& r, const std::string& v) { r.set_reason(v); }, "Why");
  Text<Cancel>(
      cancel, "--by", request, [](Cancel& r, const std::string& v) { r.set_cancelled_by(v); }, "Who");
  cancel.add_option_function<std::int64_t>(
      "--expected-version", [request](std::int64_t v) { request->set_expected_version(v); },
      "Refuse when the order has another version");
  cancel.callback([=, &run] { run = [request](Session& session) { return CancelOrder(session, *request); }; });
}

void AddOrdersWatch(CLI::App& orders, Run& run) {
  CLI::App& app = *orders.add_subcommand("watch", "Shows changes of orders as they come, until Ctrl-C");
  auto arguments = std::make_shared<WatchArguments>();
  using A = WatchArguments;
  CLI::Option* customer = Text<A>(
      app, "--customer", arguments, [](A& a, const std::string& v) { a.request.set_customer_id(v); },
      "The orders of this customer");
  CLI::Option* order = Text<A>(
      app, "--order", arguments, [](A& a, const std::string& v) { a.request.set_order_id(v); }, "This order");
  app.add_flag_callback(
         "--all", [] {}, "All orders (the default)")
      ->excludes(customer)
      ->excludes(order);
  customer->excludes(order);
  CLI::Option* snapshot = app.add_flag_callback(
      "--snapshot", [arguments] { arguments->request.set_include_snapshot(true); },
      "Begin with the orders as they stand");
  Text<A>(
      app, "--token", arguments, [](A& a, const std::string& v) { a.request.set_resume_token(v); },
      "Begin after an earlier watch, with its last resume_token")
      ->excludes(snapshot);
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
  AddOrdersChanges(orders, run);
  AddOrdersWatch(orders, run);
}

}  // namespace logistics::ctl
