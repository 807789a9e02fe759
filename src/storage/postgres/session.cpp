#include "storage/postgres/session.hpp"

#include <spdlog/spdlog.h>

#include "storage/postgres/session_settings.hpp"

namespace logistics::storage {

using Watched = ServerWaits::Watched;

Session::Session(const DatabaseOptions& options, SessionUse use)
    : connection_(WithClientSettings(options)),
      waits_(connection_.sock(), options.statement_timeout + ServerWaits::kAnswerMargin) {
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
  const Watched watched(waits_);
  if (prepared_.insert(name).second) connection_.prepare(name, sql);
#if PQXX_VERSION_MAJOR < 7
  return work_->exec_prepared(name, pqxx::prepare::make_dynamic_params(params.Texts()));
#else
  pqxx::params values;
  for (const std::string& value : params.Texts()) values.append(value);
  return work_->exec(pqxx::prepped{name}, values);
#endif
}

pqxx::result Session::ExecuteOnce(const std::string& sql, const Params& params) {
  const Watched watched(waits_);
#if PQXX_VERSION_MAJOR < 7
  return work_->exec_params(sql, pqxx::prepare::make_dynamic_params(params.Texts()));
#else
  pqxx::params values;
  for (const std::string& value : params.Texts()) values.append(value);
  return work_->exec(sql, values);
#endif
}

pqxx::result Session::Script(const std::string& sql) {
  const Watched watched(waits_);
  return work_->exec(sql);
}

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
  const Watched watched(waits_, timeout);
  const std::int64_t us = absl::ToInt64Microseconds(timeout);
  work_.reset();  // libpqxx delivers nothing while a transaction object exists, even this one that is none
  // On a lost connection one of these throws, and the session stays without a transaction object: it is broken.
  const int received =
      connection_.await_notification(static_cast<long>(us / 1'000'000), static_cast<long>(us % 1'000'000));
  work_.emplace(connection_);
  return received > 0;
}

bool Session::broken() const { return !work_.has_value() || !connection_.is_open(); }

void Session::RequireWritable() {
  if (Script(kIsReadOnly)[0][0].as<bool>()) {
    throw pqxx::sql_error("the server accepts no writes", kIsReadOnly, "25006");
  }
}

}  // namespace logistics::storage
