#pragma once

#include <functional>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "storage/params/params.hpp"
#include "storage/postgres/options.hpp"
#include "storage/postgres/server_waits.hpp"
#include "storage/postgres/statement.hpp"

namespace logistics::storage {

// One connection to a Postgres that accepts writes, for one thread at a time. It never reconnects: the owner drops a
// broken one, because its transaction is gone with it. Methods throw pqxx exceptions; SessionSlot::Attempt catches them
// (ADR 8).
//
// Every wait for the server has a limit: statement_timeout and ServerWaits::kAnswerMargin. Past it the socket is shut
// down, and the session is broken.
class Session {
 public:
  // Connects (bounded by connect_timeout for each host). Throws where no host accepts writes.
  Session(const DatabaseOptions& options, SessionUse use);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs a prepared statement; outside Begin() it is a transaction of its own.
  pqxx::result Execute(const Statement& statement, const Params& params = {}) {
    return Execute(statement.name, statement.sql, params);
  }
  // The same for a statement whose text is built at run time; one name always stands for one text.
  pqxx::result Execute(const std::string& name, const std::string& sql, const Params& params);

  // Runs a statement that is not worth preparing; its plan is made for these values.
  pqxx::result ExecuteOnce(const std::string& sql, const Params& params = {});

  // Runs one or several statements without parameters in one message (simple query protocol).
  pqxx::result Script(const std::string& sql);

  void Begin() { Script("BEGIN"); }
  // Ends the transaction. Does not throw: where ROLLBACK fails the connection is closed, which ends the transaction
  // too.
  void Rollback();

  // Waits at most `timeout` for a NOTIFY of a channel that Script listens to. True when one came.
  bool AwaitNotification(absl::Duration timeout);

  bool broken() const;
  // The process id that the server sent at connect. A pooler sends a number of its own.
  int backend_pid() const { return connection_.backendpid(); }

  // Throws SQLSTATE 25006 when the server has become one that accepts no writes, which a session meets alive where
  // nobody cuts it. Outside a transaction.
  void RequireWritable();

  // Limits each wait for the server from now on; beside it, no wait lasts beyond `until`.
  void LimitWaits(absl::Duration limit, absl::Time until = absl::InfiniteFuture()) { waits_.Limit(limit, until); }
  // A wait also ends when `cancelled` has become true, which lives until the next call of LimitWaits.
  void StopWhen(const std::function<bool()>* cancelled) { waits_.StopWhen(cancelled); }

 private:
  pqxx::connection connection_;
  ServerWaits waits_;
  std::optional<pqxx::nontransaction> work_;
  absl::flat_hash_set<std::string> prepared_;
};

}  // namespace logistics::storage
