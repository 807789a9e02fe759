#include "ctl/dead_letters/inbox.hpp"

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
               message.order_id(), OneLine(message.message_id()), absl::StrCat(message.attempts()),
               TimeText(message.arrived_at()), TimeText(message.due_at()), OneLine(message.last_error())});
  }
  std::string text = table.ToString();
  if (waiting.more()) {
    absl::StrAppend(&text, "there are more: --after ", waiting.messages(waiting.messages_size() - 1).id(), "\n");
  }
  return text;
}

}  // namespace

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

}  // namespace logistics::ctl
