#include "ctl/dead_letters/letter_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ctl/client/text.hpp"

namespace logistics::ctl {
namespace {

constexpr std::size_t kReasonsShownMax = 20;

std::string DlqTimeText(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace

std::string LetterName(const messaging::Letter& letter) {
  std::string name = absl::StrCat("message ", letter.message_id.empty() ? "without id" : Named(letter.message_id));
  if (!letter.event_type.empty()) absl::StrAppend(&name, "  ", OneLine(letter.event_type));
  if (letter.order_id) absl::StrAppend(&name, "  order ", letter.order_id->ToString());
  return name;
}

std::string LetterCount(std::size_t count) { return absl::StrCat(count, count == 1 ? " letter" : " letters"); }

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

}  // namespace logistics::ctl
