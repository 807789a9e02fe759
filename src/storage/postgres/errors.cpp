#include "storage/postgres/errors.hpp"

#include <algorithm>
#include <array>
#include <pqxx/except>
#include <string>
#include <string_view>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"

namespace logistics::storage {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(1);
constexpr char kBusyUrl[] = "type.logistics-engine/storage.Busy";

// A pooler gave our session's place at the server to another: prepared statements and settings are lost.
bool LosesSession(std::string_view sqlstate) { return sqlstate == "26000" || sqlstate == "42P05"; }

// A table changed under a prepared statement, whose result type may not (0A000): a new session prepares it anew.
bool IsOutdated(std::string_view sqlstate) { return sqlstate == "0A000"; }

// libpqxx 6 drops the code of this one.
std::string SqlStateOf(const pqxx::sql_error& error) {
  const bool forgotten =
      error.sqlstate().empty() && dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr;
  return forgotten ? "42501" : error.sqlstate();
}

bool IsUnfit(std::string_view sqlstate) {
  // Undefined table, column, function and schema; no privilege; read-only; too many connections.
  static constexpr std::array<std::string_view, 7> kUnfit = {"42P01", "42703", "42883", "3F000",
                                                             "42501", "25006", "53300"};
  return LosesSession(sqlstate) || std::find(kUnfit.begin(), kUnfit.end(), sqlstate) != kUnfit.end();
}

// Codes of Postgres manual appendix A.
FailureKind KindOf(const std::string& sqlstate) {
  static constexpr std::array<std::string_view, 3> kTransient = {
      "40001",  // serialization_failure
      "40P01",  // deadlock_detected
      "23505",  // unique_violation: commands check the rows they read, so another writer was first; read again
  };
  for (const std::string_view code : kTransient) {
    if (sqlstate == code) return FailureKind::kTransient;
  }
  // lock_not_available: lock_timeout. query_canceled: statement_timeout.
  if (sqlstate == "55P03" || sqlstate == "57014") return FailureKind::kLocked;
  const std::string_view class_code = std::string_view(sqlstate).substr(0, 2);
  // Statement completion unknown: a commit may have happened.
  if (sqlstate == "40003") return FailureKind::kConnection;
  // 53 insufficient resources: disk, memory, connections. 40 transaction rollback.
  if (class_code == "53" || class_code == "40") return FailureKind::kTransient;
  // 25006 read_only_sql_transaction and 55000 "recovery is in progress": a standby, after a failover. 08 connection,
  // 57P operator intervention (shutdown, crash), 25P03 idle_in_transaction_session_timeout, 25P04 transaction_timeout.
  if (class_code == "08" || sqlstate.starts_with("57P") || sqlstate == "25P03" || sqlstate == "25P04" ||
      sqlstate == "25006" || sqlstate == "55000" || LosesSession(sqlstate) || IsOutdated(sqlstate))
    return FailureKind::kConnection;
  return FailureKind::kPermanent;
}

Failure FailureOf(const std::string& sqlstate, const std::string& text) {
  const FailureKind kind = KindOf(sqlstate);
  const bool unfit = IsUnfit(sqlstate);
  switch (kind) {
    case FailureKind::kTransient:
    case FailureKind::kLocked:
      return {kind, BusyError(), text, sqlstate, unfit, false, sqlstate.starts_with("53")};
    case FailureKind::kConnection:
      return {kind,  UnavailableError("the database is unavailable"), text, sqlstate,
              unfit, LosesSession(sqlstate) || IsOutdated(sqlstate)};
    case FailureKind::kPermanent:
      break;
  }
  return {FailureKind::kPermanent, absl::InternalError(absl::StrCat("SQLSTATE ", sqlstate, ": ", text)), text, sqlstate,
          unfit};
}

}  // namespace

absl::Status UnavailableError(std::string_view what) {
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, what, kRetryAfter);
}

absl::Status BusyError() {
  absl::Status status = UnavailableError("the database is busy, try again");
  status.SetPayload(kBusyUrl, absl::Cord());
  return status;
}

bool IsBusy(const absl::Status& status) { return status.GetPayload(kBusyUrl).has_value(); }

std::size_t PlaceOf(const std::exception& error) {
  const auto* const refusal = dynamic_cast<const ServerError*>(&error);
  return refusal == nullptr ? kNoPlace : refusal->place();
}

Failure TranslateException(const std::exception& error) {
  const std::string text = error.what();
  if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error)) return FailureOf(SqlStateOf(*sql), text);
  if (const auto* refused = dynamic_cast<const ServerError*>(&error)) return FailureOf(refused->sqlstate(), text);
  if (dynamic_cast<const UnknownRowError*>(&error) != nullptr) {
    return {FailureKind::kPermanent, absl::FailedPreconditionError(text), text};
  }
  // statement_completion_unknown is a transaction_rollback by inheritance only.
  if (dynamic_cast<const LostConnection*>(&error) != nullptr ||
      dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr ||
      dynamic_cast<const pqxx::statement_completion_unknown*>(&error) != nullptr) {
    return {FailureKind::kConnection, UnavailableError("the database is unavailable"), text};
  }
  if (dynamic_cast<const pqxx::transaction_rollback*>(&error) != nullptr) {
    return {FailureKind::kTransient, BusyError(), text};
  }
  return {FailureKind::kPermanent, absl::InternalError(text), text};
}

}  // namespace logistics::storage
