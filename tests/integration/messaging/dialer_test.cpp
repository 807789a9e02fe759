// Several brokers to choose from.
#include "messaging/amqp/dialer.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "fakes/captured_log.hpp"
#include "fakes/status_matchers.hpp"
#include "support/broker.hpp"

namespace logistics::messaging {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(DialerTest, FirstUrlRefused_TheLogSaysWhichWasTakenAndWhy) {
  const support::TestBroker broker;
  BrokerOptions options;
  options.urls = {"amqp://guest:TopSecret@127.0.0.1:1", broker.UrlWithPassword("wrong"), broker.url()};
  SocketWatchdog watchdog(options.operation_timeout);
  BrokerDialer dialer(options, "test", watchdog, [] { return false; });
  fakes::CapturedLog log;
  ASSERT_THAT(dialer.Dial(), fakes::IsOk());
  EXPECT_THAT(log.text(), AllOf(HasSubstr("connected to " + ParseBrokerUrl(broker.url())->Display()),
                                HasSubstr("connecting to amqp://guest@127.0.0.1:1"), HasSubstr("ACCESS_REFUSED"),
                                Not(HasSubstr("TopSecret"))));
}

TEST(DialerTest, HeartbeatOfAUrl_CountsInsteadOfTheSetting) {
  const support::TestBroker broker;
  BrokerOptions options;
  options.heartbeat = absl::Seconds(9);
  SocketWatchdog watchdog(options.operation_timeout);
  const std::vector<std::pair<std::string, absl::Duration>> heartbeats = {
      {"", absl::Seconds(9)}, {"?heartbeat=5", absl::Seconds(5)}, {"?connection_timeout=30000", absl::Seconds(9)}};
  for (const auto& [parameters, heartbeat] : heartbeats) {
    options.urls = {broker.url() + parameters};
    BrokerDialer dialer(options, "test", watchdog, [] { return false; });
    const auto connection = dialer.Dial();
    ASSERT_THAT(connection, fakes::IsOk());
    EXPECT_EQ((*connection)->heartbeat(), heartbeat);
  }
}

}  // namespace
}  // namespace logistics::messaging
