// Shared by the readers of the one order of changes.
#pragma once

#include <cstdint>

#include "logistics/ports/log_head.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// Of the database and its last commit that the session's transaction sees.
ports::LogHead ReadLogHead(Session& session);

// The number of the last commit that the session's transaction sees.
std::int64_t ReadLastNumber(Session& session);

// Changes of commits up to here may be deleted.
std::int64_t ReadDeletedUpTo(Session& session);

// `base` with `ordinal` in its last four bytes: an id that is derived from stored values, so that every read gives the
// same one, and a UUID, because readers of the mesh expect that of event ids. `base` is of our own making: those bytes
// are random, and no other base has the same rest.
domain::Uuid DerivedId(const domain::Uuid& base, std::uint32_t ordinal);

}  // namespace logistics::storage
