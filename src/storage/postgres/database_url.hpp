#pragma once

#include <string>

#include "absl/status/status.h"

namespace logistics::storage {

// Whether libpq can read the URL (postgres[ql]://…). INVALID_ARGUMENT names the mistake and repeats no value: libpq's
// own errors do, and may so show a password.
absl::Status CheckDatabaseUrl(const std::string& url);

}  // namespace logistics::storage
