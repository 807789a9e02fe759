#include "telemetry/http_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace logistics::telemetry {
namespace {

constexpr std::size_t kReadBytes = 2048;

// Bytes read; 0 at the end of the input; -1 when nothing is there now.
ssize_t ReadSome(int socket, std::array<char, kReadBytes>& buffer) {
  for (;;) {
    const ssize_t count = recv(socket, buffer.data(), buffer.size(), 0);
    if (count >= 0) return count;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return -1;
    if (errno != EINTR) return 0;
  }
}

bool IsWhole(std::string_view head) {
  return head.find("\r\n\r\n") != std::string_view::npos || head.find("\n\n") != std::string_view::npos;
}

}  // namespace

HttpConnection::~HttpConnection() { close(socket_); }

bool HttpConnection::ReadHead(std::size_t bytes_max) {
  std::array<char, kReadBytes> buffer;
  while (!IsWhole(head_)) {
    const ssize_t count = ReadSome(socket_, buffer);
    if (count < 0) return false;
    if (count == 0 || head_.size() + static_cast<std::size_t>(count) > bytes_max) {
      End();
      return false;
    }
    head_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return true;
}

std::string_view HttpConnection::method() const {
  const std::string_view head = head_;
  return head.substr(0, head.find_first_of(" \r\n"));
}

std::string_view HttpConnection::path() const {
  std::string_view rest = head_;
  rest = rest.substr(0, rest.find_first_of("\r\n"));
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos) return "";
  rest.remove_prefix(blank + 1);
  return rest.substr(0, rest.find_first_of(" ?"));
}

void HttpConnection::Write(absl::Time close_deadline) {
  while (written_ < answer_.size()) {
    const ssize_t count = send(socket_, answer_.data() + written_, answer_.size() - written_, MSG_NOSIGNAL);
    if (count > 0) {
      written_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR) {
      return End();
    }
  }
  shutdown(socket_, SHUT_WR);
  state_ = State::kClosing;
  deadline_ = close_deadline;
  Drain();
}

void HttpConnection::Drain() {
  std::array<char, kReadBytes> buffer;
  // Bounded a turn: a client that sends without end must not hold the thread.
  for (int turn = 0; turn < 16; ++turn) {
    const ssize_t count = ReadSome(socket_, buffer);
    if (count < 0) return;
    if (count == 0) return End();
  }
}

}  // namespace logistics::telemetry
