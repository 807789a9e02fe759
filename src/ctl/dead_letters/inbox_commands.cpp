#include "ctl/dead_letters/inbox_commands.hpp"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/client/text.hpp"

namespace logistics::ctl {
namespace {

using Waiting = ::logistics::admin::ListWaitingMessagesResponse;

std::string WaitingText(const Waiting& waiting) {
  if (waiting.messages_size() == 0) return "no message waits\n";
  Table table({"id>", "consumer", "event", "order", "message", "tries>", "arrived", "due", "why"});
  for (const ::logistics::admin::WaitingMessage& message : waiting.messages()) {
    table.Add({absl::StrCat(message.id()), OneLine(message.consumer()), OneLine(message.event_type()),
               message.order_id(), Named(message.message_id()), absl::StrCat(message.attempts()),
               TimeText(message.arrived_at()), TimeText(message.due_at()), OneLine(message.last_error())});
  }
  std::string text = table.ToString();
  if (waiting.more()) {
    absl::StrAppend(&text, "there are more: --after ", waiting.messages(waiting.messages_size() - 1).id(), "\n");
  }
  return text;
}

// Messages that wait for a further try; with `all` every page.
int ListInbox(Session& session, ::logistics::admin::ListWaitingMessagesRequest request, bool all) {
  Waiting waiting;
  do {
    Waiting page;
    const int called = session.Call(
        [&](grpc::ClientContext& context) { return session.admin().ListWaitingMessages(&context, request, &page); });
    if (called != kExitOk) return called;
    waiting.MergeFrom(page);
    waiting.set_more(page.more());
    if (page.messages_size() > 0) request.set_after(page.messages(page.messages_size() - 1).id());
  } while (all && waiting.more());
  return session.Answer(waiting, [&] { return WaitingText(waiting); });
}

}  // namespace

void AddInboxCommands(CLI::App& app, Run& run) {
  CLI::App& inbox = *app.add_subcommand("inbox", "Inbound messages that wait for a further try: list");
  inbox.require_subcommand(1);
  inbox.fallthrough();
  CLI::App& list = *inbox.add_subcommand("list", "Lists the waiting messages in the order of arrival, with the reason");
  auto request = std::make_shared<::logistics::admin::ListWaitingMessagesRequest>();
  auto all = std::make_shared<bool>(false);
  FieldOptions fields(list, request);
  fields.Add("--consumer", "consumer", "Of this consumer group only, such as payments");
  CLI::Option* after = fields.Add("--after", "after", "Continues after this id");
  fields.Add("--limit", "limit", "100, at most 1000");
  list.add_flag("--all", *all, "Follows the pages to the end")->excludes(after);
  list.callback([=, &run] { run = [=](Session& session) { return ListInbox(session, *request, *all); }; });
}

}  // namespace logistics::ctl
