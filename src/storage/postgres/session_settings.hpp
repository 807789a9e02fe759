// What all our sessions ask for, however they are made.
#pragma once

#include <string>

#include "storage/postgres/options.hpp"
#include "storage/postgres/statement.hpp"

namespace logistics::storage {

// The URL with our own parameters of libpq, which those of the operator go before.
std::string WithClientSettings(const DatabaseOptions& options);

// What our statements rest on, search_path, client_encoding and synchronous_commit among it, and the timeouts that keep
// a frozen replica from stopping the others. Several commands.
std::string SessionSettings(const DatabaseOptions& options, SessionUse use);

// True when the server has become one that accepts no writes.
inline constexpr char kIsReadOnly[] =
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean";

}  // namespace logistics::storage
