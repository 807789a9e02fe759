#include "ctl/dead_letters/dlq_commands.hpp"

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "ctl/client/options.hpp"
#include "ctl/dead_letters/dlq_drop.hpp"
#include "ctl/dead_letters/dlq_read.hpp"
#include "ctl/dead_letters/dlq_redrive.hpp"
#include "messaging/amqp/options.hpp"

namespace logistics::ctl {
namespace {

constexpr char kAuditFile[] = "./logistics-dlq-audit.jsonl";
constexpr double kRateMin = 0.001;
constexpr double kRateMax = 100'000;

void AddBroker(CLI::App& app, BrokerArguments& broker) {
  app.add_option("--broker", broker.urls, "amqp[s]://user:password@host:port/vhost, or several separated by commas")
      ->transform(Trimmed())
      ->envname("RABBITMQ_URL");
  app.add_option("--broker-ca", broker.ca_file, "amqps: authorities to trust; the system's")
      ->transform(Trimmed())
      ->envname("LOGISTICS_RABBITMQ_TLS_CA_FILE");
  app.add_option("--broker-verify", broker.verify, "amqps: check the broker's certificate and host name")
      ->transform(Trimmed())
      ->envname("LOGISTICS_RABBITMQ_TLS_VERIFY")
      ->capture_default_str();
}

void AddLetters(CLI::App& app, LetterArguments& letters) {
  AddBroker(app, letters.broker);
  app.add_option("--queue", letters.queue, "The queue that the letters come from; they lie in QUEUE.dlq")->required();
  app.add_option("--order", letters.order, "Letters of this order id");
  app.add_option("--event-type", letters.filter.event_type, "Letters of this event type");
  app.add_option("--reason", letters.filter.reason, "Letters with this text in their reason");
  app.add_option("--limit", letters.filter.limit, "At most so many")->check(CLI::PositiveNumber);
}

void AddAudit(CLI::App& app, std::string& audit) {
  audit = kAuditFile;
  app.add_option("--audit", audit, "File that gets a line for each letter before the letter is touched")
      ->capture_default_str();
}

void AddList(CLI::App& dlq, Run& run) {
  CLI::App& app = *dlq.add_subcommand("list", "Counts the dead letters, by their reason");
  auto arguments = std::make_shared<DlqListArguments>();
  AddBroker(app, arguments->broker);
  app.add_option("--queue", arguments->queues,
                 "The queue that the letters come from, may be given several times. Default: logistics_payments, and "
                 "RABBITMQ_ORDER_QUEUE where that is set");
  app.callback([arguments, &run] {
    if (arguments->queues.empty()) {
      arguments->queues.push_back(messaging::BrokerOptions().payments.queue);
      const char* const order_queue = std::getenv("RABBITMQ_ORDER_QUEUE");
      const std::string queue(absl::StripAsciiWhitespace(order_queue == nullptr ? "" : order_queue));
      if (!queue.empty()) arguments->queues.push_back(queue);
    }
    run = [arguments](Session& session) { return ListDeadLetters(session, *arguments); };
  });
}

void AddShow(CLI::App& dlq, Run& run) {
  CLI::App& app = *dlq.add_subcommand("show", "Shows dead letters with headers and body; they stay as they are");
  auto arguments = std::make_shared<LetterArguments>();
  AddLetters(app, *arguments);
  app.footer("\n--json prints one object a line.");
  app.callback(
      [arguments, &run] { run = [arguments](Session& session) { return ShowDeadLetters(session, *arguments); }; });
}

void AddRedrive(CLI::App& dlq, Run& run) {
  CLI::App& app = *dlq.add_subcommand("redrive", "Puts dead letters back into their queue, and into no other");
  auto arguments = std::make_shared<RedriveArguments>();
  AddLetters(app, arguments->letters);
  app.add_option("--rate", arguments->rate_per_second, "Letters a second; as fast as the broker confirms")
      ->check(CLI::Range(kRateMin, kRateMax));
  app.add_flag("--dry-run", arguments->dry_run, "Show what would go, and change nothing");
  AddAudit(app, arguments->audit);
  app.footer(
      "\nLetters of one order go in the order of their events; a letter behind one that is not selected stays.\n"
      "A letter leaves QUEUE.dlq when the broker has confirmed it in QUEUE. Ctrl-C ends between two letters. --json\n"
      "prints a line for each letter, and the result as the last line.");
  app.callback(
      [arguments, &run] { run = [arguments](Session& session) { return RedriveDeadLetters(session, *arguments); }; });
}

void AddDrop(CLI::App& dlq, Run& run) {
  CLI::App& app = *dlq.add_subcommand("drop", "Exports dead letters to a file and removes them for good");
  auto arguments = std::make_shared<DropArguments>();
  AddLetters(app, arguments->letters);
  app.add_option("--export", arguments->export_file, "A new file: one letter a line, as show --json prints it")
      ->required();
  app.add_flag("--yes", arguments->yes, "Do not ask");
  AddAudit(app, arguments->audit);
  app.callback(
      [arguments, &run] { run = [arguments](Session& session) { return DropDeadLetters(session, *arguments); }; });
}

}  // namespace

void AddDlqCommands(CLI::App& app, Run& run) {
  CLI::App& dlq = *app.add_subcommand("dlq", "Dead letters, at the broker itself: list, show, redrive, drop");
  dlq.require_subcommand(1);
  dlq.fallthrough();
  AddList(dlq, run);
  AddShow(dlq, run);
  AddRedrive(dlq, run);
  AddDrop(dlq, run);
}

}  // namespace logistics::ctl
