#include "rpc/server/port_claim.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "fakes/status_matchers.hpp"
#include "support/loopback.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::AllOf;
using testing::HasSubstr;

// A port of 127.0.0.1 that was free a moment ago.
int FreePort() {
  const support::Listener listener = support::ListenOnLoopback();
  ::close(listener.fd);
  return listener.port;
}

// A port where a connection of a server that is gone lingers in TIME_WAIT.
int PortWithLeftover() {
  const int port = FreePort();
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = support::AddressOf("127.0.0.1", port);
  EXPECT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  const int client = support::ConnectTo("127.0.0.1", port);
  const int served = ::accept(listener, nullptr, nullptr);
  ::close(served);  // the side that closes first keeps the leftover
  char byte = 0;
  EXPECT_EQ(::read(client, &byte, 1), 0);
  ::close(client);
  ::close(listener);
  return port;
}

bool IsRefused(int port) {
  const int socket = support::ConnectTo("127.0.0.1", port);
  const int error = errno;
  if (socket < 0) return error == ECONNREFUSED;
  ::close(socket);
  return false;
}

class PortClaimTest : public ServerFixture {};

TEST_F(PortClaimTest, Claim_RefusesConnectsAndOtherClaims) {
  for (const char* const host : {"127.0.0.1", "0.0.0.0", "[::]", "::", "localhost"}) {
    for (const int port : {FreePort(), PortWithLeftover()}) {
      const absl::StatusOr<PortClaim> claim = PortClaim::Take(host, port);
      ASSERT_THAT(claim, IsOk()) << host;
      EXPECT_TRUE(IsRefused(port)) << host;
      EXPECT_THAT(PortClaim::Take(host, port),
                  StatusIs(absl::StatusCode::kUnavailable,
                           AllOf(HasSubstr(absl::StrCat(":", port, " for gRPC")), HasSubstr("GRPC_PORT"))))
          << host;
    }
  }
}

TEST_F(PortClaimTest, ServersAndClaims_ExcludeEachOther) {
  for (const char* const host : {"127.0.0.1", "0.0.0.0"}) {
    options_.host = host;
    options_.port = PortWithLeftover();
    absl::StatusOr<PortClaim> claim = PortClaim::Take(host, options_.port);
    ASSERT_THAT(claim, IsOk()) << host;
    {
      service::OrderUpdates updates(order_log_, metrics_);
      service::CallQueue tasks;
      Server second(options_, {tasks}, orders_service_, updates, nullptr, nullptr, ids_, clock_, metrics_, log_);
      EXPECT_THAT(second.Start(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("GRPC_PORT"))) << host;
    }
    claim->Release();
    Start();
    EXPECT_EQ(port_, options_.port);
    EXPECT_THAT(PortClaim::Take(host, options_.port), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("GRPC_PORT")))
        << host;
    server_->Shutdown(absl::Now() + absl::Seconds(30));
    EXPECT_THAT(PortClaim::Take(host, options_.port), IsOk()) << "a restart at once";
  }
}

TEST_F(PortClaimTest, AnyPortAndAddressesOfOthers) {
  EXPECT_THAT(PortClaim::Take("127.0.0.1", 0), IsOk());
  EXPECT_THAT(PortClaim::Take("192.0.2.1", FreePort()),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("the address is not of this machine")));
}

}  // namespace
}  // namespace logistics::rpc
