#include "ctl/dead_letters/dlq.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ctl/client/text.hpp"
#include "messaging/amqp/broker_url.hpp"
#include "messaging/dead_letters/letter_json.hpp"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace logistics::ctl {
namespace {

constexpr std::size_t kReasonsShownMax = 20;

std::string DlqTimeText(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

// What the broker's client logs by itself goes where it does not mix with answers.
void LogToStderr() {
  static const bool done = [] {
    const auto logger = spdlog::stderr_logger_mt("logisticsctl");
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::warn);
    spdlog::set_default_logger(logger);
    return true;
  }();
  static_cast<void>(done);
}

absl::StatusOr<messaging::BrokerOptions> BrokerOptionsOf(const BrokerArguments& arguments) {
  if (arguments.urls.empty()) {
    return absl::InvalidArgumentError("which broker? Give --broker URL, or set RABBITMQ_URL as the daemon has it");
  }
  messaging::BrokerOptions options;
  options.urls = absl::StrSplit(arguments.urls, ',');
  options.tls_ca_file = arguments.ca_file;
  options.tls_verify = arguments.verify;
  for (const std::string& url : options.urls) {
    const auto parsed = messaging::ParseBrokerUrl(url);
    if (!parsed.ok()) return absl::InvalidArgumentError(absl::StrCat("--broker: ", parsed.status().message()));
  }
  return options;
}

absl::StatusOr<messaging::LetterSummary> Summarize(const BrokerArguments& broker, const std::string& queue) {
  messaging::LetterSummary summary;
  summary.queue = queue;
  const auto letters = OpenDeadLetters(broker, queue);
  if (absl::IsNotFound(letters.status())) {
    summary.there = summary.queue_there = false;
    return summary;
  }
  if (!letters.ok()) return letters.status();
  messaging::DeadLetterQueue& opened = **letters;
  const auto count = opened.Count();
  if (!count.ok()) return count.status();
  summary.count = *count;
  const auto taken = opened.Take(*count);
  if (!taken.ok()) return taken.status();
  for (const messaging::Letter& letter : *taken) AddTo(summary, letter);
  if (const absl::Status put_back = opened.PutBack(); !put_back.ok()) return put_back;
  const absl::Status there = opened.CheckQueue();
  summary.queue_there = there.ok();
  if (!there.ok() && !absl::IsNotFound(there)) return there;
  return summary;
}

std::string SummaryText(const messaging::LetterSummary& summary) {
  const std::string queue = OneLine(summary.queue);
  if (!summary.there) {
    return absl::StrCat(queue, ": there is no queue ", queue, ".dlq at this broker\n");
  }
  std::string text = absl::StrCat(queue, ": ", LetterCount(summary.count));
  if (summary.oldest != absl::InfiniteFuture()) absl::StrAppend(&text, ", the oldest of ", DlqTimeText(summary.oldest));
  text += "\n";
  if (!summary.queue_there) {
    absl::StrAppend(&text, "  queue ", queue, " itself does not exist: nothing can be redriven into it\n");
  }
  if (summary.looked_at < summary.count) {
    absl::StrAppend(&text, "  of the first ", summary.looked_at, ", which are held at once:\n");
  }
  std::vector<std::pair<std::size_t, std::string>> reasons;
  for (const auto& [reason, count] : summary.reasons) reasons.emplace_back(count, reason);
  std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < std::min(reasons.size(), kReasonsShownMax); ++i) {
    absl::StrAppend(&text, "  ", absl::Dec(reasons[i].first, absl::kSpacePad6), "  ", OneLine(reasons[i].second), "\n");
  }
  if (reasons.size() > kReasonsShownMax) {
    absl::StrAppend(&text, "  and ", reasons.size() - kReasonsShownMax, " more reasons: --json has them all\n");
  }
  return text;
}

std::string LetterText(const messaging::Letter& letter) {
  std::string text =
      absl::StrCat("#", letter.position + 1, "  ", DlqTimeText(letter.died_at), "  ", LetterName(letter), "\n");
  absl::StrAppend(&text, "  reason: ", OneLine(letter.reason.empty() ? "it says none" : letter.reason), "\n");
  if (!letter.consumer.empty()) {
    absl::StrAppend(&text, "  died of consumer ", OneLine(letter.consumer), ", tries: ", letter.attempts, "\n");
  }
  absl::StrAppend(&text, "  event of ", DlqTimeText(letter.timestamp.value_or(absl::InfinitePast())),
                  ", published to \"", OneLine(letter.original_exchange), "\" with \"",
                  OneLine(letter.original_routing_key), "\"\n");
  absl::StrAppend(&text, "  headers: ", OneLine(HeadersJson(letter)), "\n  body: ", OneLine(letter.body), "\n");
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<messaging::DeadLetterQueue>> OpenDeadLetters(const BrokerArguments& broker,
                                                                            const std::string& queue) {
  LogToStderr();
  const absl::StatusOr<messaging::BrokerOptions> options = BrokerOptionsOf(broker);
  if (!options.ok()) return options.status();
  auto opened = messaging::DeadLetterQueue::Open(*options, queue);
  if (!absl::IsNotFound(opened.status())) return opened;
  return absl::NotFoundError(absl::StrCat(
      opened.status().message(), "\n  --queue names the queue itself, without .dlq; the daemon, or whoever owns the ",
      "queue, declares both. Is the broker's vhost the right one?"));
}

absl::StatusOr<messaging::LetterFilter> FilterOf(const LetterArguments& arguments) {
  messaging::LetterFilter filter = arguments.filter;
  if (arguments.order.empty()) return filter;
  filter.order_id = domain::OrderId::Parse(arguments.order);
  if (!filter.order_id) {
    return absl::InvalidArgumentError(absl::StrCat("--order: ", OneLine(arguments.order), " is no hyphenated UUID"));
  }
  return filter;
}

int FailDlq(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  if (absl::IsInvalidArgument(status)) return kExitUsage;
  return absl::IsUnavailable(status) ? kExitUnavailable : kExitRefused;
}

std::string LetterName(const messaging::Letter& letter) {
  std::string name = absl::StrCat("message ", letter.message_id.empty() ? "without id" : OneLine(letter.message_id));
  if (!letter.event_type.empty()) absl::StrAppend(&name, "  ", OneLine(letter.event_type));
  if (letter.order_id) absl::StrAppend(&name, "  order ", letter.order_id->ToString());
  return name;
}

std::string LetterCount(std::size_t count) { return absl::StrCat(count, count == 1 ? " letter" : " letters"); }

int PrintText(const std::string& text) { return WriteOut(text) == Written::kFailed ? kExitRefused : kExitOk; }

int ListDeadLetters(Session& session, const DlqListArguments& arguments) {
  std::vector<messaging::LetterSummary> summaries;
  int code = kExitOk;
  for (const std::string& queue : arguments.queues) {
    absl::StatusOr<messaging::LetterSummary> summary = Summarize(arguments.broker, queue);
    if (!summary.ok()) {
      const int failed = FailDlq(summary.status());
      if (absl::IsUnavailable(summary.status()) || absl::IsInvalidArgument(summary.status())) return failed;
      code = failed;
      continue;
    }
    if (!summary->there) code = kExitRefused;
    summaries.push_back(*std::move(summary));
  }
  std::string text;
  if (session.json()) {
    text = SummariesJson(summaries) + "\n";
  } else {
    for (const messaging::LetterSummary& summary : summaries) text += SummaryText(summary);
  }
  return std::max(code, PrintText(text));
}

int ShowDeadLetters(Session& session, const LetterArguments& arguments) {
  const auto filter = FilterOf(arguments);
  if (!filter.ok()) return FailDlq(filter.status());
  const auto queue = OpenDeadLetters(arguments.broker, arguments.queue);
  if (!queue.ok()) return FailDlq(queue.status());
  const auto count = (*queue)->Count();
  if (!count.ok()) return FailDlq(count.status());
  const auto letters = (*queue)->Take(*count);
  if (!letters.ok()) return FailDlq(letters.status());
  // Before anything is shown, which may wait for a reader.
  if (const absl::Status put_back = (*queue)->PutBack(); !put_back.ok()) return FailDlq(put_back);
  const std::vector<std::size_t> selected = SelectLetters(*letters, *filter);
  for (const std::size_t index : selected) {
    const messaging::Letter& letter = (*letters)[index];
    const Written written = WriteOut(session.json() ? LetterJson(letter) + "\n" : LetterText(letter));
    if (written != Written::kAll) return written == Written::kFailed ? kExitRefused : kExitOk;
  }
  if (selected.empty()) std::fprintf(stderr, "none of %s matches\n", LetterCount(letters->size()).c_str());
  if (letters->size() < *count) {
    std::fprintf(stderr, "only the first %zu of %zu letters were looked at, which are held at once\n", letters->size(),
                 *count);
  }
  return kExitOk;
}

}  // namespace logistics::ctl
