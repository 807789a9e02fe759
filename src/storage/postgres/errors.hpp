// The one place where exceptions of libpqxx, and those of our sessions on libpq, become statuses (ADR 8).
#pragma once

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace logistics::storage {

enum class FailureKind {
  kTransient,   // rolled back for a reason that passes: deadlock, a key that another writer just made
  kLocked,      // waited for in vain: a row that another session locks, or a statement that takes too long
  kConnection,  // the connection is lost, or the server cannot say: the statement may have been executed
  kPermanent,   // will fail again
};

struct Failure {
  FailureKind kind;
  // UNAVAILABLE with a retry hint; for kPermanent INTERNAL, or FAILED_PRECONDITION for an UnknownRowError.
  absl::Status status;
  std::string text;           // the exception's own words, for logs and operators; never for a caller
  std::string sqlstate = {};  // empty where the server gave none
  // The session lacks what its work needs, and will lack it for the next work too: a right, a table, a server that
  // takes writes, its own prepared statements.
  bool unfit = false;
  // The session has no fit plan of a prepared statement, which therefore was not executed: a new session has.
  bool unprepared = false;
  // The server lacks room on disk, memory or temporary files for it: so it does for all commits, and perhaps for this
  // query alone.
  bool no_room = false;
};

// A name in a row that this release does not know, since a later one wrote the row. Only the command or the read that
// needs the row fails: FAILED_PRECONDITION.
class UnknownRowError : public std::runtime_error {
 public:
  // `what`: "reservation 1 is lent".
  explicit UnknownRowError(const std::string& what)
      : std::runtime_error(what + ", which this release does not know: a later one wrote it") {}
};

// The server refused a statement of a PipelineSession.
class ServerError : public std::runtime_error {
 public:
  // `place`: of the statement in its message, from 0.
  ServerError(const std::string& text, std::string sqlstate, std::size_t place = 0)
      : std::runtime_error(text), sqlstate_(std::move(sqlstate)), place_(place) {}
  const std::string& sqlstate() const { return sqlstate_; }
  std::size_t place() const { return place_; }

 private:
  std::string sqlstate_;
  std::size_t place_;
};

inline constexpr std::size_t kNoPlace = static_cast<std::size_t>(-1);
// Of the statement that was refused, in its message; kNoPlace of another error.
std::size_t PlaceOf(const std::exception& error);

// A PipelineSession has no connection, or none any more: what it sent last may have been executed.
class LostConnection : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// UNAVAILABLE with a retry hint.
absl::Status UnavailableError(std::string_view what);

// UNAVAILABLE with a retry hint: the database is there, and other work is in the way. So are kTransient and kLocked.
absl::Status BusyError();
bool IsBusy(const absl::Status& status);

Failure TranslateException(const std::exception& error);

}  // namespace logistics::storage
