#include "ctl/dead_letters/dlq_redrive.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ctl/client/stopper.hpp"
#include "ctl/client/text.hpp"
#include "ctl/dead_letters/audit.hpp"
#include "ctl/dead_letters/letter_text.hpp"
#include "messaging/dead_letters/letter_json.hpp"
#include "messaging/dead_letters/redrive.hpp"

namespace logistics::ctl {
namespace {

using messaging::Letter;

constexpr std::size_t kLeftShownMax = 20;
constexpr absl::Duration kProgressInterval = absl::Seconds(2);

class RedriveCommand {
 public:
  RedriveCommand(Session& session, const RedriveArguments& arguments, Audit* audit)
      : session_(session), arguments_(arguments), audit_(audit) {}

  int Run(messaging::DeadLetterQueue& queue, const messaging::LetterFilter& filter) {
    messaging::RedriveOptions options;
    options.filter = filter;
    options.rate_per_second = arguments_.rate_per_second;
    options.dry_run = arguments_.dry_run;
    messaging::RedriveCallbacks callbacks;
    callbacks.record = [this](const Letter& letter) { return audit_->Record(letter); };
    callbacks.stayed = [this](const Letter& letter, const absl::Status& why) { audit_->NotDone(letter, why); };
    callbacks.redriven = [this](const Letter& letter) { OnRedriven(letter); };
    callbacks.left = [this](const Letter& letter) { OnLeft(letter); };
    callbacks.stopped = [this] { return stopper_.stopped(); };
    const messaging::RedriveResult result = Redrive(queue, options, callbacks);
    if (!result.status.ok()) written_ = std::max(written_, FailDlq(result.status));
    const std::string& name = arguments_.letters.queue;
    Print(session_.json() ? RedriveResultJson(name, result, arguments_.dry_run) + "\n" : ResultText(result));
    return written_;
  }

 private:
  void OnRedriven(const Letter& letter) {
    ++redriven_;
    if (session_.json()) {
      Print(LetterActionJson(arguments_.dry_run ? "would_go" : "redriven", letter) + "\n");
    } else if (arguments_.dry_run) {
      Print(absl::StrCat("would go: ", LetterName(letter), "  ", OneLine(letter.reason), "\n"));
    }
    if (arguments_.dry_run || absl::Now() < progress_at_) return;
    progress_at_ = absl::Now() + kProgressInterval;
    std::fprintf(stderr, "%s redriven so far\n", LetterCount(redriven_).c_str());
  }

  void OnLeft(const Letter& letter) {
    if (session_.json()) return Print(LetterActionJson("left", letter) + "\n");
    if (++left_shown_ <= kLeftShownMax) Print(absl::StrCat("left: ", LetterName(letter), "\n"));
  }

  std::string ResultText(const messaging::RedriveResult& result) const {
    std::string text = absl::StrCat(arguments_.dry_run ? "would redrive " : "redriven ", result.redriven, " of ",
                                    LetterCount(result.there), result.stopped ? ", stopped" : "", "\n");
    if (result.left > 0) {
      absl::StrAppend(&text, "left ", result.left,
                      ": an earlier letter of the order is not selected: redrive or drop it first\n");
    }
    if (result.not_looked_at > 0) {
      absl::StrAppend(&text, "not looked at: the last ", result.not_looked_at, ", behind the ",
                      messaging::kLettersInHandMax, " letters that are held at once; redrive or drop some first\n");
    }
    return text;
  }

  void Print(const std::string& text) { written_ = std::max(written_, WriteAnswer(text)); }

  Session& session_;
  const RedriveArguments& arguments_;
  Audit* const audit_;  // null in a dry run
  Stopper stopper_{absl::InfiniteDuration()};
  absl::Time progress_at_ = absl::Now() + kProgressInterval;
  std::size_t redriven_ = 0;
  std::size_t left_shown_ = 0;
  int written_ = kExitOk;
};

}  // namespace

int RedriveDeadLetters(Session& session, const RedriveArguments& arguments) {
  const auto filter = FilterOf(arguments.letters);
  if (!filter.ok()) return FailDlq(filter.status());
  std::optional<Audit> audit;
  if (!arguments.dry_run) {
    absl::StatusOr<Audit> opened = Audit::Open(arguments.audit, "redrive", arguments.letters.queue, *filter);
    if (!opened.ok()) return FailDlq(opened.status());
    audit.emplace(*std::move(opened));
  }
  const auto queue = OpenDeadLetters(arguments.letters.broker, arguments.letters.queue);
  if (!queue.ok()) return FailDlq(queue.status());
  return RedriveCommand(session, arguments, audit ? &*audit : nullptr).Run(**queue, *filter);
}

}  // namespace logistics::ctl
