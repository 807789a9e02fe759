#include "telemetry/http_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fakes/status_matchers.hpp"

namespace logistics::telemetry {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kPatience{20};  // far above every limit of the tests

// A client on the loopback that sends and reads what it is asked to.
class Client {
 public:
  explicit Client(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)), port_(port) {}
  ~Client() {
    if (socket_ >= 0) close(socket_);
  }
  Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)), port_(other.port_) {}
  Client(const Client&) = delete;

  void Connect() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  // False: the server has closed.
  bool Send(std::string_view bytes) {
    return send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // All until the server closes; nullopt when it does not.
  std::optional<std::string> ReadAll(std::chrono::milliseconds time = kPatience) {
    std::string text;
    const auto end = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd ready{socket_, POLLIN, 0};
      if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
      char buffer[4096];
      const ssize_t count = recv(socket_, buffer, sizeof(buffer), 0);
      if (count <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(count));
    }
  }
  bool Closed() {
    pollfd ready{socket_, POLLIN, 0};
    char byte = 0;
    return poll(&ready, 1, 0) > 0 && recv(socket_, &byte, 1, MSG_PEEK) <= 0;
  }

 private:
  int socket_;
  int port_;
};

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpLimits limits, HttpServer::Handler handler) {
    server_.emplace("127.0.0.1", 0, limits, std::move(handler));
    ASSERT_OK_AND_ASSIGN(port_, server_->Start());
  }
  void Start(HttpLimits limits) {
    Start(limits, [](std::string_view path) { return HttpAnswer{.body = "here is " + std::string(path) + "\n"}; });
  }
  Client Connected() {
    Client client(port_);
    client.Connect();
    return client;
  }
  std::optional<std::string> Ask(const std::string& request) {
    Client client = Connected();
    client.Send(request);
    return client.ReadAll();
  }

  std::optional<HttpServer> server_;
  int port_ = 0;
};

TEST_F(HttpServerTest, Request_IsAnsweredByItsPath) {
  Start({});
  EXPECT_THAT(Ask("GET /livez?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
              testing::Optional(testing::AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 15\r\n"),
                                               testing::EndsWith("\r\n\r\nhere is /livez\n"))));
  EXPECT_THAT(Ask("HEAD /livez HTTP/1.1\r\n\r\n"), testing::Optional(testing::EndsWith("close\r\n\r\n")));
  EXPECT_THAT(Ask("POST /livez HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"),
              testing::Optional(StartsWith("HTTP/1.1 405 ")));
  EXPECT_THAT(Ask("\x16\x03\x01\r\n\r\n"), testing::Optional(StartsWith("HTTP/1.1 400 ")));
}

TEST_F(HttpServerTest, RequestInPieces_IsPutTogether) {
  Start({});
  Client client = Connected();
  for (const char* piece : {"G", "ET /met", "rics HTTP/1.1\r\nHost", ": a\r\n\r", "\n"}) client.Send(piece);
  EXPECT_THAT(client.ReadAll(), testing::Optional(HasSubstr("here is /metrics\n")));
}

TEST_F(HttpServerTest, ClientThatSendsByteByByte_IsClosedByTheLimitOfTheHead) {
  Start({.head_time = absl::Milliseconds(200)});
  Client slow = Connected();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!slow.Closed() && std::chrono::steady_clock::now() < end) slow.Send("a");  // always something new
  EXPECT_TRUE(slow.Closed());
}

TEST_F(HttpServerTest, HeadWithoutEnd_IsClosedByItsSize) {
  Start({.head_bytes_max = 1000, .head_time = absl::InfiniteDuration()});
  Client client = Connected();
  client.Send(std::string(2000, 'a'));
  EXPECT_TRUE(client.ReadAll().has_value());
}

TEST_F(HttpServerTest, OneConnectionTooMany_ClosesTheOldest) {
  Start({.connections_max = 3, .head_time = absl::InfiniteDuration()});
  std::vector<Client> idle;
  for (int i = 0; i < 3; ++i) idle.push_back(Connected());
  EXPECT_THAT(Ask("GET /livez HTTP/1.1\r\n\r\n"), testing::Optional(HasSubstr("here is /livez")));
  EXPECT_EQ(idle[0].ReadAll(), "");
  EXPECT_FALSE(idle[2].Closed());
}

TEST_F(HttpServerTest, ClientThatReadsNothing_HoldsUpNoOtherAndIsClosed) {
  const std::string large(32 * 1024 * 1024, 'x');  // more than the sockets take
  Start({.answer_time = absl::Milliseconds(300)},
        [&](std::string_view path) { return HttpAnswer{.body = path == "/metrics" ? large : "ok\n"}; });
  Client deaf = Connected();
  deaf.Send("GET /metrics HTTP/1.1\r\n\r\n");
  EXPECT_THAT(Ask("GET /livez HTTP/1.1\r\n\r\n"), testing::Optional(HasSubstr("ok\n")));
  server_->Stop();  // ends, which the limit alone brings about
  const std::optional<std::string> got = deaf.ReadAll();
  ASSERT_TRUE(got);
  EXPECT_LT(got->size(), large.size());
}

TEST_F(HttpServerTest, Stop_LetsAnAnswerInWorkBeTaken) {
  const std::string large(8 * 1024 * 1024, 'x');
  Start({}, [&](std::string_view /*path*/) { return HttpAnswer{.body = large}; });
  Client client = Connected();
  client.Send("GET /metrics HTTP/1.1\r\n\r\n");
  std::optional<std::string> got;
  std::thread reader([&] { got = client.ReadAll(); });
  server_->Stop();
  reader.join();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->empty() || got->size() > large.size());  // stopped before it asked, or whole
}

// Whatever else is connected to the process: its file descriptors are used up.
TEST_F(HttpServerTest, NoFileDescriptorLeft_ProbeIsAnsweredAllTheSame) {
  Start({});
  ASSERT_TRUE(Ask("GET /livez HTTP/1.1\r\n\r\n"));  // its thread runs
  std::vector<Client> probes;
  for (int i = 0; i < 3; ++i) probes.emplace_back(port_);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{256, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> others;
  for (int other = dup(0); other >= 0; other = dup(0)) others.push_back(other);
  ASSERT_FALSE(others.empty());
  for (Client& probe : probes) {
    probe.Connect();
    probe.Send("GET /livez HTTP/1.1\r\n\r\n");
    EXPECT_THAT(probe.ReadAll(), testing::Optional(HasSubstr("here is /livez")));
  }
  setrlimit(RLIMIT_NOFILE, &before);
  for (const int other : others) close(other);
}

}  // namespace
}  // namespace logistics::telemetry
