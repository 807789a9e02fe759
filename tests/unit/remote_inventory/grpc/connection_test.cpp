#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdlib>
#include <optional>

#include "unit/remote_inventory/grpc/peer_fixture.hpp"

namespace logistics::remote_inventory {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ports::HealthState;
using testing::HasSubstr;

class ConnectionTest : public PeerFixture {
 protected:
  absl::Status Ask() { return peer_->ListProducts("", 1, 1, Within(kPatience)).status(); }
  bool WaitForReason(const std::string& part) {
    return health_.WaitFor(
        "inventory",
        [&part](const auto& entry) {
          return entry.state == HealthState::kDegraded && entry.reason.find(part) != std::string::npos;
        },
        kPatience);
  }
  // An own socket that is connected to the server's port.
  std::optional<int> ClientSocket() const {
    std::optional<int> found;
    DIR* const folder = opendir("/proc/self/fd");
    while (const dirent* const entry = readdir(folder)) {
      const int fd = std::atoi(entry->d_name);
      sockaddr_in remote{};
      socklen_t length = sizeof remote;
      if (getpeername(fd, reinterpret_cast<sockaddr*>(&remote), &length) == 0 && ntohs(remote.sin_port) == port_) {
        found = fd;
      }
    }
    closedir(folder);
    return found;
  }
  static int Option(int fd, int level, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    getsockopt(fd, level, name, &value, &length);
    return value;
  }
};

// No proxy listens there.
TEST_F(ConnectionTest, HttpProxy_IsNotAsked) {
  for (const char* const name : {"http_proxy", "https_proxy", "grpc_proxy"}) setenv(name, "http://127.0.0.1:1", 1);
  Connect();
  for (const char* const name : {"http_proxy", "https_proxy", "grpc_proxy"}) unsetenv(name);
}

TEST_F(ConnectionTest, PeerAwayAtStart_IsSaidAndFoundWhenItComes) {
  StartServer();  // for a port that is free
  StopServer();
  ConnectOnly();
  EXPECT_TRUE(WaitForReason("connecting to http://127.0.0.1:"));
  EXPECT_TRUE(WaitForReason("onnection refused"));
  EXPECT_EQ(metrics_.Value("logistics_inventory_connected"), 0);
  StartServer();
  EXPECT_TRUE(health_.WaitForState("inventory", HealthState::kUp, kPatience));
  EXPECT_THAT(Ask(), IsOk());
  EXPECT_EQ(metrics_.Value("logistics_inventory_connected"), 1);
}

TEST_F(ConnectionTest, PeerUnavailable_AReserveIsNotSentOnceTheChannelKnows) {
  StartServer();
  StopServer();
  ConnectOnly();
  // The first calls may still wait for the first try to connect: theirs is not known.
  ports::PeerReserveAnswer answer;
  do {
    answer = peer_->Reserve(Id(9), Warehouse(1), {{Product(1), "A", 1}}, Within(kPatience));
  } while (answer.outcome == ports::PeerReserve::kUnknown);
  EXPECT_EQ(answer.outcome, ports::PeerReserve::kNotSent);
  EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ConnectionTest, PeerRestarted_IsDegradedMeanwhile) {
  Connect();
  StopServer();
  EXPECT_TRUE(WaitForReason("connecting to"));
  StartServer();
  EXPECT_TRUE(health_.WaitForState("inventory", HealthState::kUp, kPatience));
  EXPECT_THAT(Ask(), IsOk());
}

TEST_F(ConnectionTest, WrongPeer_IsReportedBeforeAnyOrderFindsOut) {
  StartServer(grpc::InsecureServerCredentials(), /*served=*/false);
  ConnectOnly();
  EXPECT_TRUE(WaitForReason("is the wrong peer"));
  EXPECT_THAT(Ask(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ConnectionTest, BreakerIsClosedByTheWatch_NotByAnOrder) {
  options_.breaker = {.failures = 1, .open_for = absl::Milliseconds(50), .probes = 2};
  service_.reserve = [](const Asked&, const auto&, auto&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, ""); };
  Connect();
  peer_->Reserve(Id(9), Warehouse(1), {{Product(1), "A", 1}}, Within(kPatience));
  EXPECT_EQ(metrics_.Value("logistics_inventory_breaker_transitions_total", {{"to", "open"}}), 1);
  const absl::Time give_up = absl::Now() + kPatience;
  while (peer_->breaker().state() != BreakerState::kClosed && absl::Now() < give_up) std::this_thread::yield();
  EXPECT_EQ(peer_->breaker().state(), BreakerState::kClosed);
  EXPECT_EQ(service_.Calls("reserve"), 1);
}

TEST_F(ConnectionTest, SocketsHaveTcpKeepaliveAndGiveUpWhatIsNotAcknowledged) {
  options_.tcp_keepalive = absl::Seconds(42);
  Connect();
  const std::optional<int> fd = ClientSocket();
  ASSERT_TRUE(fd.has_value());
  EXPECT_EQ(Option(*fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(*fd, IPPROTO_TCP, TCP_KEEPIDLE), 42);
  EXPECT_EQ(Option(*fd, IPPROTO_TCP, TCP_KEEPINTVL), 14);
  EXPECT_EQ(Option(*fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
  EXPECT_EQ(Option(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 42'000);
}

TEST_F(ConnectionTest, SeveralAddresses_AreUsedInTurn) {
  StartServer();
  // No server listens at the second address, which is left out.
  options_.url = absl::StrCat("http://127.0.0.1:", port_, ",127.0.0.2:", port_);
  Connect();
  for (int i = 0; i < 10; ++i) EXPECT_THAT(Ask(), IsOk());
}

TEST_F(ConnectionTest, Compression_AnswersAreAsWithoutIt) {
  options_.compression = Compression::kGzip;
  Connect();
  const std::string category(1000, 'x');
  service_.items = [&category](const Asked&, const auto& request, auto& response) {
    response.set_total(request.category() == category ? 7 : 0);
    return grpc::Status::OK;
  };
  ASSERT_OK_AND_ASSIGN(const ports::ProductPage page, peer_->ListProducts(category, 1, 1, Within(kPatience)));
  EXPECT_EQ(page.total_count, 7);
}

TEST_F(ConnectionTest, MessagesOverTheLimitAreRefused) {
  options_.message_bytes_max = 4096;
  Connect();
  service_.item = [](const Asked&, const auto& request, auto& response) {
    response.mutable_item()->set_id(request.id());
    response.mutable_item()->set_description(std::string(10'000, 'x'));
    return grpc::Status::OK;
  };
  EXPECT_THAT(peer_->GetProduct(Product(1), Within(kPatience)), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(ConnectionTest, WrongOptions_AreAnErrorOfConnect) {
  for (const char* url : {"", "inventory:50052"}) {
    options_.url = url;
    EXPECT_THAT(GrpcInventoryPeer::Connect(options_, clock_, metrics_, health_),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  options_.url = "https://localhost:1";
  options_.tls_ca_file = "/absent.pem";
  EXPECT_THAT(GrpcInventoryPeer::Connect(options_, clock_, metrics_, health_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("/absent.pem")));
}

}  // namespace
}  // namespace logistics::remote_inventory
