#include "storage/postgres/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace logistics::storage {
namespace {

// Adds libpq's own parameters before the operator's: of a parameter that a URI names twice the last one wins.
std::string WithClientSettings(const DatabaseOptions& options) {
  const std::string ours = fmt::format(
      "connect_timeout={}&application_name=logistics-engine&keepalives=1&keepalives_idle=10&keepalives_interval=5"
      "&keepalives_count=3&tcp_user_timeout=20000",
      std::max<std::int64_t>(1, absl::ToInt64Seconds(options.connect_timeout)));
  const std::size_t query = options.url.find('?');
  if (query == std::string::npos) return options.url + "?" + ours;
  return options.url.substr(0, query + 1) + ours + "&" + options.url.substr(query + 1);
}

// Generic plans spare the planning of each batch, and the switches keep a plan made while a table was small from
// reading all of it later.
constexpr std::string_view kByKeySettings =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off;";

// JIT never pays for statements this short.
std::string SessionSettings(const DatabaseOptions& options, SessionUse use) {
  return fmt::format(
      "SET lock_timeout = {}; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {};"
      "SET timezone = 'UTC'; SET client_min_messages = warning; {}{} SET jit = off",
      absl::ToInt64Milliseconds(options.lock_timeout), absl::ToInt64Milliseconds(options.statement_timeout),
      absl::ToInt64Milliseconds(options.idle_in_transaction_timeout), use == SessionUse::kQueries ? "" : kByKeySettings,
      use == SessionUse::kOutbox ? "SET synchronous_commit = off;" : "");
}

}  // namespace

Session::Session(const DatabaseOptions& options, SessionUse use) : connection_(WithClientSettings(options)) {
#if PQXX_VERSION_MAJOR < 7
  // Version 6 would reconnect silently and lose the session's transaction.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
  work_.emplace(connection_);
  Script(SessionSettings(options, use));
}

pqxx::result Session::Execute(const std::string& name, const std::string& sql, const Params& params) {
  if (prepared_.insert(name).second) connection_.prepare(name, sql);
#if PQXX_VERSION_MAJOR < 7
  return work_->exec_prepared(name, pqxx::prepare::make_dynamic_params(params.values()));
#else
  pqxx::params values;
  for (const std::string& value : params.values()) values.append(value);
  return work_->exec(pqxx::prepped{name}, values);
#endif
}

pqxx::result Session::ExecuteOnce(const std::string& sql, const Params& params) {
#if PQXX_VERSION_MAJOR < 7
  return work_->exec_params(sql, pqxx::prepare::make_dynamic_params(params.values()));
#else
  pqxx::params values;
  for (const std::string& value : params.values()) values.append(value);
  return work_->exec(sql, values);
#endif
}

pqxx::result Session::Script(const std::string& sql) { return work_->exec(sql); }

void Session::Rollback() {
  if (broken()) return;
  try {
    Script("ROLLBACK");
  } catch (const std::exception& error) {
    // The session is dropped by its owner, which ends the transaction on the server too.
    spdlog::warn("rollback failed, dropping the session: {}", error.what());
    work_.reset();
#if PQXX_VERSION_MAJOR < 7
    connection_.disconnect();
#else
    connection_.close();
#endif
  }
}

bool Session::AwaitNotification(absl::Duration timeout) {
  const std::int64_t us = absl::ToInt64Microseconds(timeout);
  work_.reset();  // libpqxx delivers nothing while a transaction object exists, even this one that is none
  // On a lost connection one of these throws, and the session stays without a transaction object: it is broken.
  const int received =
      connection_.await_notification(static_cast<long>(us / 1'000'000), static_cast<long>(us % 1'000'000));
  work_.emplace(connection_);
  return received > 0;
}

bool Session::broken() const { return !work_.has_value() || !connection_.is_open(); }

}  // namespace logistics::storage
