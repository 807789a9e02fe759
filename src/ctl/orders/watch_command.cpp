#include "ctl/client/commands.hpp"
#include "ctl/orders/watch.hpp"

namespace logistics::ctl {

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
         "--all", [] {}, "All orders, which is what no other choice means")
      ->excludes(customer)
      ->excludes(order);
  customer->excludes(order);
  CLI::Option* snapshot = app.add_flag_callback(
      "--snapshot", [arguments] { arguments->request.set_include_snapshot(true); },
      "Begin with the orders as they stand");
  Text<A>(
      app, "--token", arguments, [](A& a, const std::string& v) { a.request.set_resume_token(v); },
      "Begin behind what an earlier watch has shown, with its last resume_token")
      ->excludes(snapshot);
  app.add_option("--count", arguments->count, "End after so many changes")->check(CLI::PositiveNumber);
  app.add_option_function<std::string>(
         "--for", [](const std::string& /*checked below*/) {}, "End after this time: seconds, or 500ms, 1m, 2h")
      ->check([arguments](const std::string& text) {
        const bool right = ParseDuration(text, absl::Hours(10'000), arguments->time);
        return right ? "" : "is no duration above 0 and up to 10000h: " + text;
      });
  app.footer(
      "\nA stream that ends is taken up again where it ended. --json prints one object a line; one without an\n"
      "order_id only carries a later resume_token. --timeout does not count here.");
  app.callback([=, &run] { run = [arguments](Session& session) { return WatchOrders(session, *arguments); }; });
}

}  // namespace logistics::ctl
