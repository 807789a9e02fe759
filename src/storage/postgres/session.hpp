#pragma once

#include <functional>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "storage/postgres/options.hpp"
#include "storage/postgres/params.hpp"

namespace logistics::storage {

// A statement that is prepared once a session, at its first use. Both strings live as long as the program.
struct Statement {
  const char* name;
  const char* sql;
};

// What a session is used for decides how its statements are planned.
enum class SessionUse {
  kByKey,    // writes and look-ups by key: generic plans, index scans only
  kQueries,  // lists and sums: planned for their values
};

// One connection to a Postgres that accepts writes, for one thread at a time. It never reconnects: the owner drops a
// broken one, because its transaction is gone with it. Methods throw pqxx exceptions; SessionSlot::Attempt catches them
// (ADR 8).
//
// Every wait for the server has a limit: statement_timeout and kAnswerMargin. Past it the socket is shut down, and the
// session is broken: a server that hangs answers neither the statement nor its timeout.
class Session {
 public:
  // The time that a server may need to answer that a statement has timed out.
  static constexpr absl::Duration kAnswerMargin = absl::Seconds(2);

  // Connects (bounded by connect_timeout for each host). Sets what the statements rest on, search_path, client_encoding
  // and synchronous_commit among it, and the timeouts that keep a frozen replica from stopping the others. Throws where
  // no host accepts writes.
  Session(const DatabaseOptions& options, SessionUse use);
  ~Session();
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
  void LimitWaits(absl::Duration limit, absl::Time until = absl::InfiniteFuture());
  // A wait also ends when `cancelled` has become true, which lives until the next call of LimitWaits.
  void StopWhen(const std::function<bool()>* cancelled) { cancelled_ = cancelled; }

 private:
  class Watched;

  pqxx::connection connection_;
  int socket_ = -1;  // a duplicate: its number names this socket as long as the session lives
  absl::Duration wait_max_;
  absl::Time wait_until_ = absl::InfiniteFuture();
  const std::function<bool()>* cancelled_ = nullptr;
  std::optional<pqxx::nontransaction> work_;
  absl::flat_hash_set<std::string> prepared_;
};

}  // namespace logistics::storage
