#include "telemetry/http_server.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "telemetry/http_connection.hpp"

namespace logistics::telemetry {
namespace {

using State = HttpConnection::State;

// So many connections are taken in one turn, so that each of them has its turns before a crowd closes it.
constexpr int kAcceptsATurn = 32;

// For the next try when the process has no file descriptor for a connection.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(50);

// Of a clock that no administrator sets.
absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

const char* ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

std::string BytesOf(const HttpAnswer& answer, bool with_body) {
  return absl::StrCat("HTTP/1.1 ", answer.status, " ", ReasonOf(answer.status),
                      "\r\nContent-Type: ", answer.content_type, "\r\nContent-Length: ", answer.body.size(),
                      answer.status == 405 ? "\r\nAllow: GET, HEAD" : "", "\r\nConnection: close\r\n\r\n",
                      with_body ? answer.body : "");
}

// Listens on one address; -1 when that cannot be had. Another process must not share the port: a second daemon would
// take half the scrapes of the first instead of being refused.
int Listen(const addrinfo& address) {
  const int listener = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) return -1;
  const int yes = 1;
  const int no = 0;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (address.ai_family == AF_INET6) setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
  if (bind(listener, address.ai_addr, address.ai_addrlen) == 0 && listen(listener, SOMAXCONN) == 0) return listener;
  close(listener);
  return -1;
}

int PortOf(int listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  char port[NI_MAXSERV];
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, nullptr, 0, port, sizeof(port),
                  NI_NUMERICSERV) != 0) {
    return -1;
  }
  return std::atoi(port);
}

// The loop of a server and what it serves now.
class Loop {
 public:
  Loop(int listener, int wake, const HttpLimits& limits, const HttpServer::Handler& handler)
      : listener_(listener), wake_(wake), limits_(limits), handler_(handler), spare_(OpenSpare()) {}
  ~Loop() {
    if (spare_ >= 0) close(spare_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // One turn: waits until something is to be done, and does it.
  void Turn(bool stopping) {
    Wait(stopping);
    answers_.clear();
    now_ = SteadyNow();
    if (!stopping && now_ >= accept_again_) Accept();
    for (HttpConnection& connection : connections_) {
      Serve(connection);
      if (now_ >= connection.deadline()) connection.End();
    }
    connections_.remove_if([](const HttpConnection& connection) { return connection.state() == State::kOver; });
    if (spare_ < 0) spare_ = OpenSpare();
  }

  // Ends the connections that have not asked yet.
  void DropUnasked() {
    connections_.remove_if([](const HttpConnection& connection) { return connection.state() == State::kReading; });
  }

  bool idle() const { return connections_.empty(); }

 private:
  // A file descriptor to give away when the process has no other.
  static int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

  void Wait(bool stopping) {
    polled_.clear();
    absl::Time until = absl::InfiniteFuture();
    polled_.push_back({stopping ? -1 : wake_, POLLIN, 0});
    const bool pausing = SteadyNow() < accept_again_;
    if (pausing) until = accept_again_;
    polled_.push_back({stopping || pausing ? -1 : listener_, POLLIN, 0});
    for (const HttpConnection& connection : connections_) {
      const bool writing = connection.state() == State::kAnswering;
      polled_.push_back({connection.socket(), static_cast<short>(writing ? POLLOUT : POLLIN), 0});
      until = std::min(until, connection.deadline());
    }
    int timeout_ms = -1;
    if (until != absl::InfiniteFuture()) {
      const absl::Duration left = std::clamp(until - SteadyNow(), absl::ZeroDuration(), absl::Minutes(1));
      timeout_ms = static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
    }
    poll(polled_.data(), polled_.size(), timeout_ms);
  }

  void Accept() {
    // Without a descriptor accept says so even when nobody waits, and nobody must be closed for that.
    for (int accepted = 0; accepted < kAcceptsATurn && SomebodyWaits();) {
      if (connections_.size() >= limits_.connections_max) DropOldest();
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket >= 0) {
        connections_.emplace_back(socket, now_ + limits_.head_time);
        ++accepted;
        continue;
      }
      if (errno == EMFILE || errno == ENFILE) {
        if (GiveDescriptor()) continue;
        accept_again_ = now_ + kAcceptPause;
      }
      if (errno != EINTR && errno != ECONNABORTED) return;
    }
  }

  bool SomebodyWaits() const {
    pollfd waiting{listener_, POLLIN, 0};
    return poll(&waiting, 1, 0) > 0;
  }

  // Makes room for one connection when the process has used up its file descriptors.
  bool GiveDescriptor() {
    if (spare_ >= 0) {
      close(std::exchange(spare_, -1));
      return true;
    }
    return DropOldest();
  }

  // One that has its answer; else, the oldest.
  bool DropOldest() {
    if (connections_.empty()) return false;
    auto victim = std::find_if(connections_.begin(), connections_.end(),
                               [](const HttpConnection& connection) { return connection.state() == State::kClosing; });
    if (victim == connections_.end()) victim = connections_.begin();
    connections_.erase(victim);
    return true;
  }

  void Serve(HttpConnection& connection) {
    if (connection.state() == State::kReading && connection.ReadHead(limits_.head_bytes_max)) {
      const HttpAnswer answer = AnswerTo(connection.method(), connection.path());
      connection.Answer(BytesOf(answer, connection.method() != "HEAD"), now_ + limits_.answer_time);
    }
    if (connection.state() == State::kAnswering) connection.Write(now_ + limits_.close_time);
    if (connection.state() == State::kClosing) connection.Drain();
  }

  HttpAnswer AnswerTo(std::string_view method, std::string_view path) {
    if (path.substr(0, 1) != "/") return {.status = 400, .body = "this is no HTTP request\n"};
    if (method != "GET" && method != "HEAD") return {.status = 405, .body = "only GET and HEAD are served\n"};
    const auto made = answers_.find(path);
    if (made != answers_.end()) return made->second;
    return answers_.emplace(std::string(path), handler_(path)).first->second;
  }

  const int listener_;
  const int wake_;
  const HttpLimits& limits_;
  const HttpServer::Handler& handler_;
  int spare_;
  std::list<HttpConnection> connections_;                   // the oldest first
  std::map<std::string, HttpAnswer, std::less<>> answers_;  // of this turn
  std::vector<pollfd> polled_;
  absl::Time now_ = SteadyNow();
  absl::Time accept_again_ = absl::InfinitePast();
};

}  // namespace

HttpServer::HttpServer(std::string host, int port, HttpLimits limits, Handler handler)
    : host_(std::move(host)), port_(port), limits_(limits), handler_(std::move(handler)) {}

HttpServer::~HttpServer() { Stop(); }

absl::StatusOr<int> HttpServer::Start() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(host_.c_str(), absl::StrCat(port_).c_str(), &hints, &found) != 0) return absl::UnavailableError("");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  for (const addrinfo* address = found; address != nullptr && listener_ < 0; address = address->ai_next) {
    listener_ = Listen(*address);
  }
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  const int port = listener_ < 0 || wake_ < 0 ? -1 : PortOf(listener_);
  if (port <= 0) return absl::UnavailableError("");
  thread_ = std::thread([this] { Run(); });
  return port;
}

void HttpServer::Run() {
  Loop loop(listener_, wake_, limits_, handler_);
  while (!stopping_) loop.Turn(false);
  loop.DropUnasked();
  while (!loop.idle()) loop.Turn(true);
}

void HttpServer::Stop() {
  if (thread_.joinable()) {
    stopping_ = true;
    const std::uint64_t one = 1;
    // A full counter is a wake-up too.
    [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof(one));
    thread_.join();
  }
  for (int* descriptor : {&listener_, &wake_}) {
    if (*descriptor >= 0) close(std::exchange(*descriptor, -1));
  }
}

}  // namespace logistics::telemetry
