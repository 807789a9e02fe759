#include "storage/postgres/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_replace.h"
#include "logistics/base/socket_watchdog.hpp"
#include "logistics/base/url.hpp"

namespace logistics::storage {
namespace {

// Adds libpq's own parameters before the operator's: of a parameter that a URI names twice the last one wins.
std::string WithClientSettings(const DatabaseOptions& options) {
  const std::string ours = fmt::format(
      "connect_timeout={}&application_name=logistics-engine&keepalives=1&keepalives_idle=10&keepalives_interval=5"
      "&keepalives_count=3&tcp_user_timeout=20000&target_session_attrs=read-write",
      std::max<std::int64_t>(1, absl::ToInt64Seconds(options.connect_timeout)));
  return base::WithParametersFirst(options.url, ours);
}

std::string QuotedName(const std::string& name) { return "\"" + absl::StrReplaceAll(name, {{"\"", "\"\""}}) + "\""; }

constexpr const char* kIsReadOnly =
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean";

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

// JIT never pays for statements this short. A query whose client is gone ends within a second.
std::string SessionSettings(const DatabaseOptions& options, SessionUse use) {
  return fmt::format(
      "{} SET search_path = {}; SET lock_timeout = {}; SET statement_timeout = {};"
      "SET idle_in_transaction_session_timeout = {}; SET client_min_messages = warning; {} SET jit = off; SET "
      "client_connection_check_interval = 1000",
      kFixedSettings, QuotedName(options.schema), absl::ToInt64Milliseconds(options.lock_timeout),
      absl::ToInt64Milliseconds(options.statement_timeout),
      absl::ToInt64Milliseconds(options.idle_in_transaction_timeout),
      use == SessionUse::kQueries ? "" : kByKeySettings);
}

}  // namespace

// Shuts the session's socket down when a wait takes too long.
class Session::Watched {
 public:
  Watched(const Session& session, absl::Duration longer = absl::ZeroDuration()) : socket_(session.socket_) {
    const absl::Duration limit = std::min(session.wait_max_ + longer, session.wait_until_ - absl::Now());
    // A day stands for no limit: a clock's time has an end.
    base::SocketWatchdog::OfProcess().Arm(
        socket_, std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::min(limit, absl::Hours(24))),
        session.cancelled_);
  }
  ~Watched() { base::SocketWatchdog::OfProcess().Disarm(socket_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  const int socket_;
};

Session::Session(const DatabaseOptions& options, SessionUse use)
    : connection_(WithClientSettings(options)), wait_max_(options.statement_timeout + kAnswerMargin) {
#if PQXX_VERSION_MAJOR < 7
  // Version 6 would reconnect silently and lose the session's transaction.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
  socket_ = ::dup(connection_.sock());
  try {
    work_.emplace(connection_);
    Script(SessionSettings(options, use));
  } catch (...) {
    ::close(socket_);  // the destructor does not run
    throw;
  }
}

Session::~Session() {
  work_.reset();
  ::close(socket_);
}

pqxx::result Session::Execute(const std::string& name, const std::string& sql, const Params& params) {
  const Watched watched(*this);
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
  const Watched watched(*this);
#if PQXX_VERSION_MAJOR < 7
  return work_->exec_params(sql, pqxx::prepare::make_dynamic_params(params.values()));
#else
  pqxx::params values;
  for (const std::string& value : params.values()) values.append(value);
  return work_->exec(sql, values);
#endif
}

pqxx::result Session::Script(const std::string& sql) {
  const Watched watched(*this);
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
  const Watched watched(*this, timeout);
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

void Session::LimitWaits(absl::Duration limit, absl::Time until) {
  wait_max_ = limit;
  wait_until_ = until;
  cancelled_ = nullptr;
}

}  // namespace logistics::storage
