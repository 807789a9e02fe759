#include "storage/postgres/session_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "absl/strings/str_replace.h"
#include "logistics/base/url.hpp"

namespace logistics::storage {
namespace {

std::string QuotedName(const std::string& name) { return "\"" + absl::StrReplaceAll(name, {{"\"", "\"\""}}) + "\""; }

// Generic plans spare the planning of each batch, and the switches keep a plan made while a table was small from
// reading all of it later.
constexpr std::string_view kByKeySettings =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off;";

// Our statements rest on these, whatever the server, the database, the role or the URL set. An own setting also
// outlasts a change of the default. synchronous_commit may be stronger than ours, and is never weaker.
constexpr std::string_view kFixedSettings =
    "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN "
    "'remote_apply' ELSE 'on' END, false); SET client_encoding = 'UTF8'; "
    "SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off; "
    "SET DateStyle = 'ISO, MDY'; SET timezone = 'UTC'; SET bytea_output = 'hex'; SET array_nulls = on; "
    "SET standard_conforming_strings = on; SET transform_null_equals = off; SET idle_session_timeout = 0; "
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'; ";  // Postgres 17

}  // namespace

std::string WithClientSettings(const DatabaseOptions& options) {
  // Before the operator's: of a parameter that a URI names twice the last one wins.
  const std::string ours = fmt::format(
      "connect_timeout={}&application_name=logistics-engine&keepalives=1&keepalives_idle=10&keepalives_interval=5"
      "&keepalives_count=3&tcp_user_timeout=20000&target_session_attrs=read-write",
      std::max<std::int64_t>(1, absl::ToInt64Seconds(options.connect_timeout)));
  return base::WithParametersFirst(options.url, ours);
}

std::string SessionSettings(const DatabaseOptions& options, SessionUse use) {
  // JIT never pays for statements this short. A query whose client is gone ends within a second.
  return fmt::format(
      "{} SET search_path = {}; SET lock_timeout = {}; SET statement_timeout = {};"
      "SET idle_in_transaction_session_timeout = {}; SET client_min_messages = warning; {} SET jit = off; SET "
      "client_connection_check_interval = 1000",
      kFixedSettings, QuotedName(options.schema), absl::ToInt64Milliseconds(options.lock_timeout),
      absl::ToInt64Milliseconds(options.statement_timeout),
      absl::ToInt64Milliseconds(options.idle_in_transaction_timeout),
      use == SessionUse::kQueries ? "" : kByKeySettings);
}

}  // namespace logistics::storage
