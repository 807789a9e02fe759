// A broker that takes publications and does not confirm them.
#include "integration/messaging/relay_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::messaging {
namespace {

using support::TcpProxy;
using support::TestConsumer;

class RelayUnconfirmedTest : public RelayFixture {
 protected:
  RelayUnconfirmedTest() {
    options_.urls = {broker_.UrlThrough(proxy_.port())};
    options_.window = kWindow;
    options_.heartbeat = absl::Minutes(1);
    options_.operation_timeout = absl::Milliseconds(100);
    options_.reconnect_min = absl::Milliseconds(1);
    options_.reconnect_max = absl::Milliseconds(99);  // each connection lives longer
  }
  double Reconnects() { return metrics_.Value("logistics_broker_reconnects_total"); }

  static constexpr int kWindow = 256;
  TcpProxy proxy_{broker_.host(), broker_.port(), TcpProxy::Mode::kNoConfirms};
};

TEST_F(RelayUnconfirmedTest, NothingConfirmed_CopiesAreBoundedAndReconnectsBackOff) {
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  CommitRounds(1, 2 * kWindow);
  const absl::Time begin = absl::Now();
  ASSERT_TRUE(support::Eventually([&] { return Reconnects() >= 20; }));
  // Without backoff a connection lasts little longer than its timeout.
  EXPECT_GT(absl::Now() - begin, 20 * (options_.operation_timeout + options_.reconnect_max / 3));
  const double connections = Reconnects() + 1;
  TestConsumer consumer(broker_.url(), "all");
  const double copies = static_cast<double>(consumer.Rest().size());
  EXPECT_GE(copies, kWindow);
  EXPECT_LE(copies, 2 * kWindow + connections + Reconnects());
  EXPECT_EQ(outbox_.rows(), 2U * kWindow);
  proxy_.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(outbox_.quarantined_rows(), 0U);
}

}  // namespace
}  // namespace logistics::messaging
