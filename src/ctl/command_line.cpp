#include "ctl/command_line.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "ctl/client/options.hpp"
#include "ctl/client/session.hpp"
#include "ctl/dead_letters/dlq_commands.hpp"
#include "ctl/dead_letters/inbox_commands.hpp"
#include "ctl/inventory/inventory_commands.hpp"
#include "ctl/orders/orders_commands.hpp"
#include "logistics/base/standard_streams.hpp"

namespace logistics::ctl {
namespace {

constexpr char kFooter[] =
    "\nExit codes: 0 done; 1 refused by the server (stderr has the reason, every bad field and short item);\n"
    "            2 wrong usage, nothing was sent; 3 no server, no answer in time, or not able to serve now;\n"
    "            4 inventory reconcile: stock drifts from the reservations of the orders.\n"
    "--json prints protobuf JSON with the field names of order.proto, inventory.proto and admin.proto; dlq prints\n"
    "JSON lines of its own.";

// The message for a command line that cannot be read. CLI11's own message does not name a command that does not exist.
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

int RunCommandLine(int argc, char** argv) {
  base::KeepStandardStreams();
  std::signal(SIGPIPE, SIG_IGN);  // writing shows that the reader is gone
  CLI::App app("Talks to a logistics-engine over gRPC.", "logisticsctl");
  app.set_version_flag("--version", "logisticsctl " LOGISTICS_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(Explain);

  SessionOptions options;
  std::string timeout = "10";
  app.add_option("--address", options.address, "host:port of the server")
      ->transform(Trimmed())
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
  app.add_option("--correlation-id", options.correlation_id, "Appears in the server's log and its events")
      ->check([](const std::string& text) {
        const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
        return printable && !text.empty() && text.size() <= 128 ? "" : "takes 1 to 128 printable ASCII characters";
      });

  Run run;
  AddOrdersCommands(app, run);
  AddInventoryCommands(app, run);
  AddInboxCommands(app, run);
  AddDlqCommands(app, run);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = app.exit(error) == 0;
    const std::string failure = base::FlushOutput();
    if (!failure.empty()) std::fprintf(stderr, "cannot write the answer: %s\n", failure.c_str());
    if (asked_for) return failure.empty() ? kExitOk : kExitRefused;
    return kExitUsage;
  }
  Session session(options);
  return run(session);
}

}  // namespace logistics::ctl
