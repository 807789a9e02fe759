// A session whose broker blocks publishers, at a real broker and on a clock of the test's.
#include <gmock/gmock.h>

#include <string>

#include "fakes/eventually.hpp"
#include "messaging/amqp/broker_session.hpp"
#include "support/broker.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::messaging {
namespace {

using fakes::Eventually;
using testing::HasSubstr;
using BlockedTime = BrokerSession::Time;

class CountingListener final : public SessionListener {
 public:
  void OnAck(std::uint64_t, bool) override {}
  void OnNack(std::uint64_t, bool) override {}
  void OnReturned(std::string_view, std::string_view) override {}
  void OnChannelClosed(const absl::Status&) override {}
  void OnConnectionLost(const absl::Status&) override { ++losses; }

  int losses = 0;
};

class BlockedSessionTest : public testing::Test {
 protected:
  BlockedSessionTest() {
    broker_options_.urls = {broker_.UrlThrough(proxy_.port())};
    broker_options_.operation_timeout = absl::Seconds(5);
    session_.Maintain(Clock::now(), BlockedTime::max());
  }

  void Block() {
    const std::string reason = "low on disk";
    std::string blocked("\x01\x00\x00\x00\x00\x00\x10\x00\x0a\x00\x3c", 11);
    proxy_.InjectToClients(blocked + static_cast<char>(reason.size()) + reason + '\xce');
    ASSERT_TRUE(Eventually([&] { return Processed() && session_.blocked(); }));
  }
  void Unblock() {
    proxy_.InjectToClients(std::string("\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x3d\xce", 12));
    ASSERT_TRUE(Eventually([&] { return Processed() && !session_.blocked(); }));
  }
  bool Processed() {
    session_.ProcessInput(Clock::now());
    return session_.connected();
  }

  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kTimeout{5};

  support::TestBroker broker_;
  support::TcpProxy proxy_{broker_.host(), broker_.port()};
  BrokerOptions broker_options_;
  CountingListener listener_;
  SocketWatchdog watchdog_{absl::Seconds(10)};
  BrokerSession session_{broker_options_,
                         {.purpose = "test",
                          .topology = {},
                          .redeclare_interval = absl::Minutes(1),
                          .down_effect = "messages wait",
                          .blocked_effect = "they wait too"},
                         watchdog_,
                         [] { return false; },
                         listener_};
};

// The real broker says that it blocks only to clients that announce to understand it.
TEST_F(BlockedSessionTest, TheBrokerKnowsThatItMaySayIt) {
  ASSERT_TRUE(session_.connected());
  EXPECT_THAT(broker_.DaemonCapabilities(), testing::Contains("connection.blocked"));
}

TEST_F(BlockedSessionTest, ConfirmsOfABlockedBroker_AreNeverOverdue) {
  ASSERT_TRUE(session_.connected());
  const BlockedTime sent = Clock::now();
  EXPECT_TRUE(session_.ConfirmOverdue(sent + kTimeout, sent));
  Block();
  EXPECT_FALSE(session_.CanPublish());
  EXPECT_THAT(session_.Trouble(), HasSubstr("low on disk"));
  const BlockedTime much_later = sent + std::chrono::hours(1);
  EXPECT_FALSE(session_.ConfirmOverdue(much_later, sent));
  session_.DeclareAgain();
  session_.Maintain(much_later, sent);
  EXPECT_TRUE(session_.connected()) << "it neither waits for a confirm nor declares";
  EXPECT_EQ(listener_.losses, 0);
  EXPECT_GT(session_.NextDue(much_later, sent), much_later) << "no busy loop";
}

TEST_F(BlockedSessionTest, ConfirmsOfABrokerThatTakesMessagesAgain_HaveTheWholeTimeout) {
  ASSERT_TRUE(session_.connected());
  const BlockedTime long_ago = Clock::now() - std::chrono::hours(1);
  Block();
  Unblock();
  const BlockedTime since = session_.input_time();
  EXPECT_TRUE(session_.CanPublish());
  EXPECT_FALSE(session_.ConfirmOverdue(since + kTimeout - std::chrono::milliseconds(1), long_ago));
  EXPECT_TRUE(session_.ConfirmOverdue(since + kTimeout, long_ago));
  EXPECT_EQ(session_.Trouble(), "");
}

}  // namespace
}  // namespace logistics::messaging
