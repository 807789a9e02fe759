#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"

namespace logistics::telemetry {

// One connection to an HttpServer, from its request to its end. Owns the socket, which does not block. Not thread-safe.
class HttpConnection {
 public:
  enum class State { kReading, kAnswering, kClosing, kOver };

  HttpConnection(int socket, absl::Time deadline) : socket_(socket), deadline_(deadline) {}
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  int socket() const { return socket_; }
  State state() const { return state_; }
  // When the state has lasted too long, by the clock of the server.
  absl::Time deadline() const { return deadline_; }

  // Reads what is there. True: the head of the request is whole.
  bool ReadHead(std::size_t bytes_max);
  // Of a whole head. Empty, and not "/...": the head is no HTTP request.
  std::string_view method() const;
  std::string_view path() const;

  // Begins to answer.
  void Answer(std::string bytes, absl::Time deadline) {
    answer_ = std::move(bytes);
    state_ = State::kAnswering;
    deadline_ = deadline;
  }
  // Writes as far as it goes. Behind the last byte the client has until `close_deadline` to close: a socket that is
  // closed on unread input would take the answer back.
  void Write(absl::Time close_deadline);
  // Reads and forgets until the client closes.
  void Drain();
  void End() { state_ = State::kOver; }

 private:
  const int socket_;
  State state_ = State::kReading;
  absl::Time deadline_;
  std::string head_;
  std::string answer_;
  std::size_t written_ = 0;
};

}  // namespace logistics::telemetry
