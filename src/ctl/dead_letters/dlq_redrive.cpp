// logisticsctl dlq redrive and drop.
#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <iostream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ctl/client/stopper.hpp"
#include "ctl/client/text.hpp"
#include "ctl/dead_letters/dlq.hpp"
#include "ctl/dead_letters/line_file.hpp"
#include "messaging/dead_letters/letter_json.hpp"
#include "messaging/dead_letters/redrive.hpp"

namespace logistics::ctl {
namespace {

using messaging::Letter;

constexpr std::size_t kLeftShownMax = 20;
constexpr absl::Duration kProgressInterval = absl::Seconds(2);

std::string UserName() {
  constexpr std::size_t kEntryBytes = 16'384;
  std::vector<char> buffer(kEntryBytes);
  passwd entry = {};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return absl::StrCat("uid ", geteuid());
}

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

// Who did what to which letter, on the disk before it is done.
class Audit {
 public:
  Audit(LineFile file, std::string command, std::string queue, messaging::LetterFilter filter)
      : file_(std::move(file)) {
    entry_.user = UserName();
    entry_.host = HostName();
    entry_.command = std::move(command);
    entry_.queue = std::move(queue);
    entry_.filter = std::move(filter);
  }

  absl::Status Record(const Letter& letter) {
    const absl::Status written = Write(letter, "");
    return written.ok() ? written : absl::FailedPreconditionError(absl::StrCat("the audit: ", written.message()));
  }

  void NotDone(const Letter& letter, const absl::Status& why) {
    const absl::Status written = Write(letter, std::string(why.message()));
    if (!written.ok()) std::fprintf(stderr, "the audit: %s\n", std::string(written.message()).c_str());
  }

 private:
  absl::Status Write(const Letter& letter, const std::string& outcome) {
    entry_.at = absl::Now();
    entry_.outcome = outcome;
    const absl::Status written = file_.Write(AuditJson(entry_, letter));
    return written.ok() ? file_.Sync() : written;
  }

  LineFile file_;
  messaging::AuditEntry entry_;
};

absl::StatusOr<Audit> OpenAudit(const std::string& path, const std::string& command, const std::string& queue,
                                const messaging::LetterFilter& filter) {
  absl::StatusOr<LineFile> file = LineFile::Append(path);
  if (!file.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("nothing was done: the audit cannot be written (",
                                                   file.status().message(), "); --audit names it"));
  }
  return Audit(*std::move(file), command, queue, filter);
}

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

  void Print(const std::string& text) { written_ = std::max(written_, PrintText(text)); }

  Session& session_;
  const RedriveArguments& arguments_;
  Audit* const audit_;  // null in a dry run
  Stopper stopper_{absl::InfiniteDuration()};
  absl::Time progress_at_ = absl::Now() + kProgressInterval;
  std::size_t redriven_ = 0;
  std::size_t left_shown_ = 0;
  int written_ = kExitOk;
};

// The queue's name, typed by a person, while the letters are kept in hand.
absl::StatusOr<bool> Confirmed(messaging::DeadLetterQueue& queue, std::size_t count) {
  std::fprintf(stderr, "Type the name of the queue to drop %s of %s for good: ", LetterCount(count).c_str(),
               queue.queue().c_str());
  bool answered = false;
  const absl::Status waited = queue.Wait(messaging::kLettersInHandTimeMax, [&answered] {
    pollfd in = {STDIN_FILENO, POLLIN, 0};
    answered = ::poll(&in, 1, 0) > 0;
    return answered;
  });
  if (!waited.ok()) return waited;
  std::string line;
  if (!answered) {
    std::fputs("\nno answer\n", stderr);
    return false;
  }
  std::getline(std::cin, line);
  return std::string(absl::StripAsciiWhitespace(line)) == queue.queue();
}

absl::Status Export(const std::string& path, const std::vector<const Letter*>& letters) {
  absl::StatusOr<LineFile> file = LineFile::Create(path);
  if (absl::IsAlreadyExists(file.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat("nothing was dropped: ", file.status().message(), "; --export names a new file"));
  }
  absl::Status status = file.status();
  for (const Letter* letter : letters) {
    if (status.ok()) status = file->Write(LetterJson(*letter));
  }
  if (status.ok()) status = file->Sync();
  if (status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("nothing was dropped: the export cannot be written (", status.message(), ")"));
}

}  // namespace

int RedriveDeadLetters(Session& session, const RedriveArguments& arguments) {
  const auto filter = FilterOf(arguments.letters);
  if (!filter.ok()) return FailDlq(filter.status());
  std::optional<Audit> audit;
  if (!arguments.dry_run) {
    absl::StatusOr<Audit> opened = OpenAudit(arguments.audit, "redrive", arguments.letters.queue, *filter);
    if (!opened.ok()) return FailDlq(opened.status());
    audit.emplace(*std::move(opened));
  }
  const auto queue = OpenDeadLetters(arguments.letters.broker, arguments.letters.queue);
  if (!queue.ok()) return FailDlq(queue.status());
  return RedriveCommand(session, arguments, audit ? &*audit : nullptr).Run(**queue, *filter);
}

int DropDeadLetters(Session& session, const DropArguments& arguments) {
  const auto filter = FilterOf(arguments.letters);
  if (!filter.ok()) return FailDlq(filter.status());
  if (!arguments.yes && isatty(STDIN_FILENO) == 0) {
    return UsageError("nothing was dropped: without a terminal to confirm it at, --yes is required");
  }
  auto audit = OpenAudit(arguments.audit, "drop", arguments.letters.queue, *filter);
  if (!audit.ok()) return FailDlq(audit.status());
  const auto queue = OpenDeadLetters(arguments.letters.broker, arguments.letters.queue);
  if (!queue.ok()) return FailDlq(queue.status());
  messaging::DeadLetterQueue& letters = **queue;
  const auto count = letters.Count();
  if (!count.ok()) return FailDlq(count.status());
  const auto taken = letters.Take(*count);
  if (!taken.ok()) return FailDlq(taken.status());

  std::vector<const Letter*> selected;
  for (const std::size_t index : SelectLetters(*taken, *filter)) selected.push_back(&(*taken)[index]);
  if (taken->size() < *count) {
    std::fprintf(stderr, "only the first %zu of %zu letters were looked at, which are held at once\n", taken->size(),
                 *count);
  }
  if (selected.empty()) {
    std::fprintf(stderr, "nothing to drop: none of %s matches\n", LetterCount(taken->size()).c_str());
    return session.json() ? PrintText(messaging::DropResultJson(arguments.letters.queue, 0, "") + "\n") : kExitOk;
  }
  if (const absl::Status exported = Export(arguments.export_file, selected); !exported.ok()) return FailDlq(exported);
  std::fprintf(stderr, "%s exported to %s\n", LetterCount(selected.size()).c_str(), arguments.export_file.c_str());
  if (!arguments.yes) {
    const absl::StatusOr<bool> confirmed = Confirmed(letters, selected.size());
    if (!confirmed.ok()) return FailDlq(confirmed.status());
    if (!*confirmed) {
      std::fputs("nothing was dropped\n", stderr);
      return kExitRefused;
    }
  }
  const auto dropped = Drop(letters, selected, [&](const Letter& letter) { return audit->Record(letter); });
  if (!dropped.ok()) return FailDlq(dropped.status());
  return PrintText(session.json()
                       ? messaging::DropResultJson(arguments.letters.queue, *dropped, arguments.export_file) + "\n"
                       : absl::StrCat("dropped ", LetterCount(*dropped), "\n"));
}

}  // namespace logistics::ctl
