#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "storage/params/params.hpp"
#include "storage/postgres/options.hpp"
#include "storage/postgres/result_rows.hpp"
#include "storage/postgres/server_waits.hpp"
#include "storage/postgres/statement.hpp"

struct pg_conn;

namespace logistics::storage {

// A Session for writers, on libpq in pipeline mode: several statements go to the server in one message, and their
// answers come back together (ADR 10). As Session it is for one thread, never reconnects, and limits each wait; here a
// wait is that for a whole message. Methods throw ServerError and LostConnection.
//
// A message ends with the only synchronization point, so that the first statement that fails is the last one that is
// executed: none behind it is, a COMMIT neither. Postgres manual, chapter 34.5 "Pipeline Mode".
class PipelineSession {
 public:
  using Take = std::function<void(const Rows&)>;

  // As Session's.
  PipelineSession(const DatabaseOptions& options, SessionUse use);

  // Adds a statement to the next message. `take` is called with its rows once all of the message has succeeded, and may
  // add statements to the message after it.
  void Queue(const Statement& statement, Params params = {}, Take take = nullptr);
  // The same for one command without parameters, which is not prepared.
  void Queue(std::string sql, Take take = nullptr);
  // The next statement begins a packet of its own: the server may execute those before it without it.
  void BeginPacket();
  // The place of the next statement in the message.
  std::size_t next_place() const { return queue_.size(); }
  // Sends the message and takes its answers, and so on until nothing is queued. Where a statement fails, or a `take`
  // throws, the rest of the message is dropped; outside a transaction none of it has happened.
  void Run();

  // The same with one more statement, whose rows it returns.
  Rows Execute(const Statement& statement, Params params = {});
  Rows Script(const std::string& sql);

  void Begin() { Script("BEGIN"); }
  // Drops what is queued and ends the transaction, if there is one. Does not throw: where ROLLBACK fails the connection
  // is closed, which ends the transaction too.
  void Rollback();

  bool broken() const;
  // As Session's.
  void RequireWritable();
  void LimitWaits(absl::Duration limit, absl::Time until = absl::InfiniteFuture()) { waits_->Limit(limit, until); }
  void StopWhen(const std::function<bool()>* cancelled) { waits_->StopWhen(cancelled); }

 private:
  struct Queued {
    Statement statement = {nullptr, nullptr};
    std::string sql;  // where it is not prepared
    Params params;
    Take take;
    bool begins_packet = false;
  };
  // An answer that the server owes.
  struct Owed {
    std::size_t place = 0;  // of its statement in the message
    bool parse = false;     // that it is prepared
  };
  using Message = std::vector<Queued>;

  std::vector<Owed> Send(const Message& message);
  std::vector<Rows> Receive(const Message& message, const std::vector<Owed>& owed);
  void Sent(int result);
  [[noreturn]] void Lose();

  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  std::optional<ServerWaits> waits_;
  Message queue_;
  bool begins_packet_ = false;
  absl::flat_hash_set<std::string> prepared_;  // by their own answers
  bool out_of_step_ = false;                   // a message was sent in part
};

}  // namespace logistics::storage
