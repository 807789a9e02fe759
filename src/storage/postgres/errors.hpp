// What a failure of libpqxx or Postgres means. The one place where their exceptions become our statuses.
#pragma once

#include <exception>
#include <string_view>

#include "absl/status/status.h"

namespace logistics::storage {

enum class FailureKind {
  kTransient,   // rolled back for a reason that passes: deadlock, lock timeout, a key that another writer just made
  kConnection,  // the connection is gone, or who answered does not know: what was asked may have been done
  kPermanent,   // will fail again
};

struct Failure {
  FailureKind kind;
  // UNAVAILABLE with a retry hint for what passes, INTERNAL for what does not. Carries inner text, for the log only.
  absl::Status status;
};

// UNAVAILABLE with a retry hint.
absl::Status AwayError(std::string_view what);

// Whether a status that TranslateException gave is of kTransient: the database is there, and what was asked for was in
// somebody's way.
bool IsBusy(const absl::Status& status);

// Call inside a catch block with what was caught.
Failure TranslateException(const std::exception& error);

}  // namespace logistics::storage
