#include "ctl/command_line.hpp"

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "ctl/client/commands.hpp"
#include "ctl/client/session.hpp"
#include "ctl/orders/orders.hpp"

namespace logistics::ctl {
namespace {

constexpr char kFooter[] =
    "\nExit codes: 0 done; 1 refused by the server (why is on stderr, every bad field and short item);\n"
    "            2 wrong usage, nothing was sent; 3 no server, no answer in time, or not able to serve now;\n"
    "            4 inventory reconcile: stock drifts from what the orders hold.\n"
    "--json prints protobuf JSON with the field names of order.proto, inventory.proto and admin.proto; dlq prints\n"
    "JSON lines of its own.";

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
      "Goes on where an answer ended (its next_page_token), with the same filters and sort");
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

// What is said of a command line that cannot be read. CLI11's own words do not name a command that there is not.
std::string Explain(const CLI::App* app, const CLI::Error& error) {
  const std::vector<std::string> rest = app->remaining(/*recurse=*/true);
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError) || commands.empty()) {
    return CLI::FailureMessage::simple(app, error);
  }
  const auto name_of = [](std::string* out, const CLI::App* command) { absl::StrAppend(out, command->get_name()); };
  return absl::StrCat(rest.empty() ? "a command is missing" : absl::StrCat("there is no command ", rest.front()), " (",
                      absl::StrJoin(commands, ", ", name_of), "); --help says more\n");
}

}  // namespace

bool ParseDuration(const std::string& text, absl::Duration max, absl::Duration& duration) {
  double seconds = 0;
  const bool plain = absl::SimpleAtod(text, &seconds);
  if (plain) duration = absl::Seconds(seconds);
  if (!plain && !absl::ParseDuration(text, &duration)) return false;
  return duration > absl::ZeroDuration() && duration <= max;
}

int RunCommandLine(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is seen when writing
  CLI::App app("Talks to a logistics-engine over gRPC.", "logisticsctl");
  app.set_version_flag("--version", "logisticsctl " LOGISTICS_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(Explain);

  SessionOptions options;
  std::string timeout = "10";
  app.add_option("--address", options.address, "host:port of the server")
      ->envname("LOGISTICS_ADDRESS")
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print JSON");
  app.add_option("--timeout", timeout, "How long each call may take: seconds, or 500ms, 1m")
      ->capture_default_str()
      ->check([&options](const std::string& text) {
        return ParseDuration(text, absl::Hours(1), options.timeout)
                   ? ""
                   : "is no duration above 0 and up to an hour: " + text;
      });
  app.add_option("--correlation-id", options.correlation_id, "Found again in the server's log and its events")
      ->check([](const std::string& text) {
        const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
        return printable && !text.empty() && text.size() <= 128 ? "" : "takes 1 to 128 printable ASCII characters";
      });

  Run run;
  CLI::App& orders = *app.add_subcommand("orders", "Orders: create, get, list, status, cancel, watch");
  orders.require_subcommand(1);
  orders.fallthrough();
  AddOrdersCreate(orders, run);
  AddOrdersList(orders, run);
  AddOrdersChanges(orders, run);
  AddOrdersWatch(orders, run);
  AddInventoryCommands(app, run);
  AddInboxCommands(app, run);
  AddDlqCommands(app, run);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  Session session(options);
  return run(session);
}

}  // namespace logistics::ctl
