#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/dead_letters/line_file.hpp"
#include "messaging/dead_letters/letter_json.hpp"

namespace logistics::ctl {

// The record of who did what to which letter, on the disk before it is done. Not thread-safe.
class Audit {
 public:
  // Appends to the file at `path`. `command` is "redrive" or "drop". INVALID_ARGUMENT: the file cannot be written.
  static absl::StatusOr<Audit> Open(const std::string& path, const std::string& command, const std::string& queue,
                                    const messaging::LetterFilter& filter);

  // The command is about to touch the letter. An error forbids that.
  absl::Status Record(const messaging::Letter& letter);
  // A recorded letter stayed in the dead letter queue, or may have.
  void NotDone(const messaging::Letter& letter, const absl::Status& why);

 private:
  Audit(LineFile file, messaging::AuditEntry entry);
  absl::Status Write(const messaging::Letter& letter, const std::string& outcome);

  LineFile file_;
  messaging::AuditEntry entry_;
};

}  // namespace logistics::ctl
