#include "ctl/dead_letters/dlq_read.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "ctl/dead_letters/letter_text.hpp"
#include "messaging/dead_letters/letter_json.hpp"

namespace logistics::ctl {
namespace {

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

}  // namespace

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
  return std::max(code, WriteAnswer(text));
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
  // The letters go back first: a slow reader may block the output.
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
