#include "ctl/client/commands.hpp"
#include "ctl/dead_letters/inbox.hpp"

namespace logistics::ctl {

void AddInboxCommands(CLI::App& app, Run& run) {
  CLI::App& inbox = *app.add_subcommand("inbox", "Messages of others that wait to be tried again: list");
  inbox.require_subcommand(1);
  inbox.fallthrough();
  CLI::App& list = *inbox.add_subcommand("list", "Lists them in the order of their arrival, with why they wait");
  auto request = std::make_shared<::logistics::admin::ListWaitingMessagesRequest>();
  auto all = std::make_shared<bool>(false);
  using List = ::logistics::admin::ListWaitingMessagesRequest;
  Text<List>(
      list, "--consumer", request, [](List& r, const std::string& v) { r.set_consumer(v); },
      "Of this consumer group only, such as payments");
  CLI::Option* after = list.add_option_function<std::int64_t>(
      "--after", [request](std::int64_t v) { request->set_after(v); }, "Goes on behind this id");
  list.add_option_function<int>(
      "--limit", [request](int v) { request->set_limit(v); }, "100, at most 1000");
  list.add_flag("--all", *all, "Follows the pages to the end")->excludes(after);
  list.callback([=, &run] { run = [=](Session& session) { return ListInbox(session, *request, *all); }; });
}

}  // namespace logistics::ctl
