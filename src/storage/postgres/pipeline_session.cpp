#include "storage/postgres/pipeline_session.hpp"

#include <libpq-fe.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include "storage/postgres/errors.hpp"
#include "storage/postgres/session_settings.hpp"

namespace logistics::storage {
namespace {

ServerError ErrorOf(const PGresult* result, std::size_t place) {
  const char* const sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return {PQresultErrorMessage(result), sqlstate == nullptr ? "" : sqlstate, place};
}

}  // namespace

bool Field::is_null() const { return PQgetisnull(rows_, row_, column_) != 0; }
const char* Field::c_str() const { return PQgetvalue(rows_, row_, column_); }
std::size_t Field::size() const { return static_cast<std::size_t>(PQgetlength(rows_, row_, column_)); }

template <typename T>
T Field::as() const {
  const std::string_view text(c_str(), size());
  if constexpr (std::is_same_v<T, std::string>) {
    return std::string(text);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text == "t" || text == "f") return text == "t";
  } else {
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  throw std::runtime_error("the database answered \"" + std::string(text) + "\" where another type was expected");
}
template bool Field::as<bool>() const;
template int Field::as<int>() const;
template std::int64_t Field::as<std::int64_t>() const;
template std::size_t Field::as<std::size_t>() const;
template std::string Field::as<std::string>() const;

Rows::Rows(pg_result* rows) : rows_(rows, &PQclear) {}
int Rows::size() const { return rows_ == nullptr ? 0 : PQntuples(rows_.get()); }
std::string Rows::tag() const { return rows_ == nullptr ? "" : PQcmdStatus(rows_.get()); }

PipelineSession::PipelineSession(const DatabaseOptions& options, SessionUse use)
    : connection_(PQconnectdb(WithClientSettings(options).c_str()), &PQfinish) {
  if (connection_ == nullptr) throw std::bad_alloc();
  PGconn* const connection = connection_.get();
  if (PQstatus(connection) != CONNECTION_OK) throw LostConnection(PQerrorMessage(connection));
  waits_.emplace(PQsocket(connection), options.statement_timeout + ServerWaits::kAnswerMargin);
  PQsetNoticeProcessor(
      connection, [](void* /*arg*/, const char* /*message*/) {}, nullptr);
  const ServerWaits::Watched watched(*waits_);
  PGresult* const result = PQexec(connection, SessionSettings(options, use).c_str());
  const Rows done(result);
  if (broken()) throw LostConnection(PQerrorMessage(connection));
  if (done.tag() != "SET") {
    const ServerError refused = ErrorOf(result, 0);
    if (refused.sqlstate().empty()) throw LostConnection(PQerrorMessage(connection));
    throw ServerError(refused);
  }
  if (PQenterPipelineMode(connection) != 1) throw LostConnection(PQerrorMessage(connection));
}

void PipelineSession::Queue(const Statement& statement, Params params, Take take) {
  queue_.push_back({statement, "", std::move(params), std::move(take), std::exchange(begins_packet_, false)});
}

void PipelineSession::Queue(std::string sql, Take take) {
  queue_.push_back({{nullptr, nullptr}, std::move(sql), {}, std::move(take), std::exchange(begins_packet_, false)});
}

void PipelineSession::BeginPacket() { begins_packet_ = true; }

void PipelineSession::Run() {
  while (!queue_.empty()) {
    const Message message = std::exchange(queue_, {});
    std::vector<Rows> answers;
    {
      const ServerWaits::Watched watched(*waits_);
      out_of_step_ = true;
      answers = Receive(message, Send(message));
    }
    for (std::size_t i = 0; i < message.size(); ++i) {
      if (message[i].take) message[i].take(answers[i]);
    }
  }
}

std::vector<PipelineSession::Owed> PipelineSession::Send(const Message& message) {
  PGconn* const connection = connection_.get();
  std::vector<Owed> owed;
  absl::flat_hash_set<std::string> parsed;  // by this message
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const Queued& one = message[i];
    if (one.begins_packet) Sent(PQflush(connection) == 0 ? 1 : 0);
    values.clear();
    lengths.clear();
    formats.clear();
    for (std::size_t k = 0; k < one.params.size(); ++k) {
      const Params::Wire wire = one.params.WireOf(k);
      values.push_back(wire.value.data());
      lengths.push_back(static_cast<int>(wire.value.size()));
      formats.push_back(wire.format);
    }
    const int count = static_cast<int>(values.size());
    if (one.statement.name == nullptr) {
      Sent(PQsendQueryParams(connection, one.sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
    } else {
      if (!prepared_.contains(one.statement.name) && parsed.insert(one.statement.name).second) {
        Sent(PQsendPrepare(connection, one.statement.name, one.statement.sql, 0, nullptr));
        owed.push_back({i, true});
      }
      Sent(
          PQsendQueryPrepared(connection, one.statement.name, count, values.data(), lengths.data(), formats.data(), 0));
    }
    owed.push_back({i, false});
  }
  Sent(PQpipelineSync(connection));
  return owed;
}

std::vector<Rows> PipelineSession::Receive(const Message& message, const std::vector<Owed>& owed) {
  PGconn* const connection = connection_.get();
  std::vector<Rows> answers(message.size());
  std::optional<ServerError> failed;  // the first: what comes behind it is not executed
  std::size_t next = 0;
  for (;;) {
    PGresult* const result = PQgetResult(connection);
    if (result == nullptr) {  // the end of one answer
      if (PQstatus(connection) != CONNECTION_OK || ++next > owed.size()) break;
      continue;
    }
    const Rows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_PIPELINE_SYNC:
        // An error of no statement, or of libpq itself, leaves open what has happened.
        if (next != owed.size() || (failed && (failed->sqlstate().empty() || failed->place() == message.size())))
          Lose();
        out_of_step_ = false;
        if (failed) throw ServerError(*failed);
        return answers;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        if (next >= owed.size()) Lose();
        if (owed[next].parse) {
          prepared_.insert(message[owed[next].place].statement.name);
        } else {
          answers[owed[next].place] = rows;
        }
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      default:
        if (!failed) failed = ErrorOf(result, next < owed.size() ? owed[next].place : message.size());
    }
  }
  // The server's last words say more than that the connection is lost.
  if (failed && !failed->sqlstate().empty()) throw ServerError(*failed);
  Lose();
}

void PipelineSession::Sent(int result) {
  if (result != 1) Lose();
}

void PipelineSession::Lose() {
  const std::string why = PQerrorMessage(connection_.get());
  throw LostConnection(why.empty() ? "the server's answers do not fit the questions" : why);
}

Rows PipelineSession::Execute(const Statement& statement, Params params) {
  Rows answer;
  Queue(statement, std::move(params), [&](const Rows& rows) { answer = rows; });
  Run();
  return answer;
}

Rows PipelineSession::Script(const std::string& sql) {
  Rows answer;
  Queue(sql, [&](const Rows& rows) { answer = rows; });
  Run();
  return answer;
}

void PipelineSession::Rollback() {
  queue_.clear();
  begins_packet_ = false;
  if (broken() || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
  try {
    Script("ROLLBACK");
  } catch (const std::exception& error) {
    // The session is dropped by its owner, which ends the transaction on the server too.
    spdlog::warn("rollback failed, dropping the session: {}", error.what());
    out_of_step_ = true;
  }
}

bool PipelineSession::broken() const { return out_of_step_ || PQstatus(connection_.get()) != CONNECTION_OK; }

void PipelineSession::RequireWritable() {
  if (Script(kIsReadOnly)[0][0].as<bool>()) throw ServerError("the server accepts no writes", "25006");
}

}  // namespace logistics::storage
