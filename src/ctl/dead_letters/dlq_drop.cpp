#include "ctl/dead_letters/dlq_drop.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/dead_letters/audit.hpp"
#include "ctl/dead_letters/letter_text.hpp"
#include "ctl/dead_letters/line_file.hpp"
#include "messaging/dead_letters/letter_json.hpp"
#include "messaging/dead_letters/redrive.hpp"

namespace logistics::ctl {
namespace {

using messaging::Letter;

// Asks a person to type the name of the queue; the letters stay in hand meanwhile.
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

int DropDeadLetters(Session& session, const DropArguments& arguments) {
  const auto filter = FilterOf(arguments.letters);
  if (!filter.ok()) return FailDlq(filter.status());
  if (!arguments.yes && isatty(STDIN_FILENO) == 0) {
    return UsageError("nothing was dropped: without a terminal to confirm it at, --yes is required");
  }
  auto audit = Audit::Open(arguments.audit, "drop", arguments.letters.queue, *filter);
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
    return session.json() ? WriteAnswer(messaging::DropResultJson(arguments.letters.queue, 0, "") + "\n") : kExitOk;
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
  return WriteAnswer(session.json()
                         ? messaging::DropResultJson(arguments.letters.queue, *dropped, arguments.export_file) + "\n"
                         : absl::StrCat("dropped ", LetterCount(*dropped), "\n"));
}

}  // namespace logistics::ctl
