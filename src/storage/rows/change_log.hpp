// What the readers of the one order of changes share.
#pragma once

#include <cstdint>

#include "storage/postgres/session.hpp"

namespace logistics::storage {

// The number of the last commit that the session's transaction sees.
std::int64_t ReadLastNumber(Session& session);

// `base` with `ordinal` in its last four bytes: an id that is made of what is stored, so that it is the same wherever
// and whenever it is read, and a UUID, because readers of the mesh take event ids for such. `base` is of our own
// making: those bytes are random, and no other base has the same rest.
domain::Uuid DerivedId(const domain::Uuid& base, std::uint32_t ordinal);

}  // namespace logistics::storage
