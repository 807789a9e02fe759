#pragma once

#include <ostream>

#include "app/settings/settings.hpp"

namespace logistics::app {

// Writes the configuration in effect for a person: every setting with its value (secrets masked) and where it comes
// from, the sessions of a replica at Postgres
// and their sum, then the limits of one request (domain/limits.hpp), which no setting changes.
void PrintEffectiveSettings(const LoadedSettings& loaded, std::ostream& out);

}  // namespace logistics::app
