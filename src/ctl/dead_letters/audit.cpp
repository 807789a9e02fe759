#include "ctl/dead_letters/audit.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace logistics::ctl {
namespace {

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

}  // namespace

absl::StatusOr<Audit> Audit::Open(const std::string& path, const std::string& command, const std::string& queue,
                                  const messaging::LetterFilter& filter) {
  absl::StatusOr<LineFile> file = LineFile::Append(path);
  if (!file.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("nothing was done: the audit cannot be written (",
                                                   file.status().message(), "); --audit names it"));
  }
  messaging::AuditEntry entry;
  entry.user = UserName();
  entry.host = HostName();
  entry.command = command;
  entry.queue = queue;
  entry.filter = filter;
  return Audit(*std::move(file), std::move(entry));
}

Audit::Audit(LineFile file, messaging::AuditEntry entry) : file_(std::move(file)), entry_(std::move(entry)) {}

absl::Status Audit::Record(const messaging::Letter& letter) {
  const absl::Status written = Write(letter, "");
  return written.ok() ? written : absl::FailedPreconditionError(absl::StrCat("the audit: ", written.message()));
}

void Audit::NotDone(const messaging::Letter& letter, const absl::Status& why) {
  const absl::Status written = Write(letter, std::string(why.message()));
  if (!written.ok()) std::fprintf(stderr, "the audit: %s\n", std::string(written.message()).c_str());
}

absl::Status Audit::Write(const messaging::Letter& letter, const std::string& outcome) {
  entry_.at = absl::Now();
  entry_.outcome = outcome;
  const absl::Status written = file_.Write(AuditJson(entry_, letter));
  return written.ok() ? file_.Sync() : written;
}

}  // namespace logistics::ctl
