#include "storage/postgres/pooler.hpp"

#include <algorithm>
#include <list>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace logistics::storage {
namespace {

constexpr absl::Duration kWaitMax = absl::Seconds(2);

int Backend(Session& session) { return session.Script("SELECT pg_backend_pid()")[0][0].as<int>(); }

}  // namespace

bool IsBehindTransactionPooler(Session& session, const DatabaseOptions& options) {
  const int backend = Backend(session);
  const bool direct = backend == session.backend_pid();
  DatabaseOptions short_waits = options;
  short_waits.connect_timeout = std::min(options.connect_timeout, kWaitMax);
  short_waits.statement_timeout = kWaitMax;
  session.LimitWaits(kWaitMax);
  const absl::Cleanup back = [&] { session.LimitWaits(options.statement_timeout + ServerWaits::kAnswerMargin); };
  std::list<Session> others;
  // A pooler may give the same backend by chance, while it has others.
  for (int i = 0; i < kPoolerCheckSessions; ++i) {
    try {
      others.emplace_back(short_waits, SessionUse::kQueries);
    } catch (const std::exception& error) {
      if (Backend(session) != backend) return true;
      if (i == 0 && !direct) throw pqxx::broken_connection(absl::StrCat("there is no second session: ", error.what()));
      break;  // no more room, at the server itself or at a pooler in session mode
    }
    Session& other = others.back();
    // The backend that was used last is the first that a pooler lends to another client.
    if (Backend(session) != backend) return true;
    try {
      other.Begin();
      if (Backend(other) == backend) return true;
    } catch (const std::exception&) {
      if (direct) throw;
      Backend(session);  // throws where it is the server that is gone
      return true;       // PgBouncer's statement mode has no transactions
    }
    try {
      if (Backend(session) != backend) return true;
    } catch (const std::exception&) {
      if (direct) throw;
      Backend(other);
      return true;  // no backend is left
    }
  }
  return false;
}

}  // namespace logistics::storage
