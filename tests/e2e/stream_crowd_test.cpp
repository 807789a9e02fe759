// Thousands of streams of order updates at once, and how they end.
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdlib>
#include <optional>

#include "e2e/stream_crowd.hpp"
#include "e2e/stream_reader.hpp"
#include "e2e/world.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;

// With sanitizers a stream costs a multiple. The number that is promised is run by hand, against a release build too:
// LOGISTICS_TEST_STREAMS=10000 LOGISTICS_TEST_DAEMON=build/release/logistics-engine
// e2e_tests --gtest_filter='StreamCrowdTest.*'.
int WantedStreams() {
  const char* const wanted = std::getenv("LOGISTICS_TEST_STREAMS");
  return wanted != nullptr ? std::atoi(wanted) : 2'000;
}

constexpr int kPerConnection = 100;

// The time that a stop may take, as configured by default, and the end of the process.
constexpr absl::Duration kDrainTimeout = absl::Seconds(25);
constexpr absl::Duration kExit = absl::Seconds(5);

order::CreateOrderRequest OrderWithNotes(const Product& product) {
  order::CreateOrderRequest request = OrderOf(product);
  request.set_notes(std::string(4'000, 'n'));
  return request;
}

TEST(StreamCrowdTest, HalfCutAndSomeFrozen_StopEndsTheRestWithTheirTokensAndExits) {
  World world;
  Daemon daemon(world.Serve());
  daemon.WaitUntilReady();
  const Product product = AddProduct(daemon, 1'000);
  support::TcpProxy way("127.0.0.1", daemon.port());
  const int all = WantedStreams();
  StreamCrowd frozen("127.0.0.1:" + std::to_string(way.port()), all / 20, kPerConnection);
  StreamCrowd crowd(daemon.address(), all - frozen.size(), kPerConnection);
  ASSERT_TRUE(Eventually([&] { return crowd.greeted() + frozen.greeted() == all; }, kPatience))
      << crowd.greeted() << " and " << frozen.greeted();
  EXPECT_EQ(daemon.Metric("logistics_rpc_streams{method=\"order.OrderService/StreamOrderUpdates\"}"), all);
  ASSERT_TRUE(Create(daemon, OrderOf(product)).status.ok());
  ASSERT_TRUE(Eventually([&] { return crowd.told() + frozen.told() == all; }, kPatience)) << crowd.told();

  // More than a connection takes unread: what the frozen ones are to be told is stuck on its way.
  way.SetMode(support::TcpProxy::Mode::kStall);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Create(daemon, OrderWithNotes(product)).status.ok());
  ASSERT_TRUE(Eventually([&] { return crowd.told() == 3 * crowd.size(); }, kPatience)) << crowd.told();
  crowd.CutHalf();
  daemon.process().Signal(SIGTERM);
  const std::optional<support::Ending> ending = daemon.process().Wait(kDrainTimeout + kExit);
  ASSERT_TRUE(ending.has_value()) << "it does not end";
  EXPECT_EQ(ending->exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return crowd.ended() == crowd.size(); }, kPatience));
  const int cut = (crowd.size() + 1) / 2;
  EXPECT_EQ(crowd.EndedWith(grpc::StatusCode::CANCELLED), cut);
  EXPECT_EQ(crowd.EndedWith(grpc::StatusCode::UNAVAILABLE), crowd.size() - cut)
      << crowd.EndedWith(grpc::StatusCode::UNKNOWN) << " ended without a token";
}

}  // namespace
}  // namespace logistics::e2e
