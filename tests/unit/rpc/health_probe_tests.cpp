#include "rpc/server/health_probe.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using fakes::StatusIs;
using testing::HasSubstr;

class HealthProbeTest : public ServerFixture {
 protected:
  // Long enough on any machine; only a server that never answers takes it.
  static constexpr absl::Duration kPatience = absl::Seconds(30);

  std::string Address() const { return absl::StrCat("127.0.0.1:", port_); }
};

// Takes connections and does not answer, as a stopped process.
class SilentListener {
 public:
  SilentListener() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, generic, length), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, generic, &length), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentListener() { close(socket_); }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  int socket_;
  int port_ = 0;
};

TEST_F(HealthProbeTest, Serving_IsOk) {
  Start();
  server_->SetServing(true);
  EXPECT_THAT(ProbeHealth(Address(), kPatience), fakes::IsOk());
}

TEST_F(HealthProbeTest, NotServing_IsSaid) {
  Start();
  EXPECT_THAT(ProbeHealth(Address(), kPatience),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(Address() + " says NOT_SERVING")));
}

TEST_F(HealthProbeTest, NobodyThere_IsSaidWithTheAddress) {
  Start();
  server_->Shutdown(absl::Now());
  EXPECT_THAT(ProbeHealth(Address(), kPatience), StatusIs(absl::StatusCode::kUnavailable, HasSubstr(Address())));
}

TEST_F(HealthProbeTest, NoAnswer_EndsWithTheTimeout) {
  const SilentListener silent;
  EXPECT_THAT(ProbeHealth(silent.address(), absl::Milliseconds(200)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("does not answer within 200ms")));
}

TEST_F(HealthProbeTest, AddressesThatAreNone_AreErrorsOfTheProbe) {
  for (const char* address : {"", "127.0.0.1", "127.0.0.1:no-port", "unix:///no/such/socket", "::::"}) {
    EXPECT_THAT(ProbeHealth(address, absl::Seconds(2)), StatusIs(absl::StatusCode::kUnavailable, testing::_))
        << address;
  }
}

TEST_F(HealthProbeTest, ProxyOfTheEnvironment_IsNotAsked) {
  const SilentListener proxy;
  ASSERT_EQ(setenv("http_proxy", ("http://" + proxy.address()).c_str(), 1), 0);
  Start();
  server_->SetServing(true);
  EXPECT_THAT(ProbeHealth(Address(), kPatience), fakes::IsOk());
  unsetenv("http_proxy");
}

TEST(ProbeAddress, IsWhereTheServerAnswersOnItsOwnMachine) {
  const auto with_host = [](const std::string& host) {
    ServerOptions options;
    options.host = host;
    options.port = 7;
    return ProbeAddress(options);
  };
  EXPECT_EQ(with_host("0.0.0.0"), "127.0.0.1:7");
  EXPECT_EQ(with_host("::"), "[::1]:7");
  EXPECT_EQ(with_host("[::]"), "[::1]:7");
  EXPECT_EQ(with_host("fe80::1"), "[fe80::1]:7");
  EXPECT_EQ(with_host("10.0.0.5"), "10.0.0.5:7");
  EXPECT_EQ(with_host("orders"), "orders:7");
}

}  // namespace
}  // namespace logistics::rpc
