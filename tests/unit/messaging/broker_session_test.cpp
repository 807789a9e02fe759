// A session without a broker; the relay's and the consumers' tests have one.
#include "messaging/amqp/broker_session.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace logistics::messaging {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Time = BrokerSession::Time;

class LossListener final : public SessionListener {
 public:
  void OnAck(std::uint64_t, bool) override {}
  void OnNack(std::uint64_t, bool) override {}
  void OnReturned(std::string_view, std::string_view) override {}
  void OnChannelClosed(const absl::Status&) override {}
  void OnConnectionLost(const absl::Status& why) override { losses.push_back(why); }

  std::vector<absl::Status> losses;
};

class BrokerSessionTest : public testing::Test {
 protected:
  BrokerSessionTest() {
    broker_.urls = {"amqp://guest:geheim@127.0.0.1:1"};  // nothing listens there
    broker_.reconnect_min = absl::Seconds(1);
    broker_.reconnect_max = absl::Seconds(4);
  }

  void Maintain(Time now) { session_.Maintain(now, Time::max()); }
  Time NextDue(Time now) const { return session_.NextDue(now, Time::max()); }

  BrokerOptions broker_;
  LossListener listener_;
  SocketWatchdog watchdog_{absl::Seconds(10)};
  bool cancelled_ = false;
  BrokerSession session_{broker_,
                         {.purpose = "test",
                          .topology = {},
                          .redeclare_interval = absl::InfiniteDuration(),
                          .down_effect = "messages wait",
                          .blocked_effect = "they wait too"},
                         watchdog_,
                         [this] { return cancelled_; },
                         listener_};
  const Time begin_ = std::chrono::steady_clock::now();
};

TEST_F(BrokerSessionTest, NoBroker_IsTriedAgainAfterAGrowingDelay) {
  Time now = begin_;
  for (const int full_seconds : {1, 2, 4, 4}) {
    const std::size_t before = listener_.losses.size();
    Maintain(now);
    ASSERT_EQ(listener_.losses.size(), before + 1);
    const Time due = NextDue(now);
    EXPECT_GE(due - now, std::chrono::milliseconds(full_seconds * 500));
    EXPECT_LE(due - now, std::chrono::seconds(full_seconds) + (std::chrono::steady_clock::now() - begin_));
    Maintain(due - std::chrono::nanoseconds(1));
    EXPECT_EQ(listener_.losses.size(), before + 1) << "not before it is due";
    now = due;
  }
}

TEST_F(BrokerSessionTest, Trouble_SaysWhyWithoutThePassword) {
  EXPECT_EQ(session_.Trouble(), "no connection, messages wait: not connected yet");
  Maintain(begin_);
  EXPECT_THAT(session_.Trouble(), AllOf(StartsWith("no connection, messages wait: connecting to "),
                                        HasSubstr("127.0.0.1:1"), Not(HasSubstr("geheim"))));
  EXPECT_FALSE(session_.connected());
  EXPECT_FALSE(session_.CanPublish());
  EXPECT_EQ(session_.fd(), -1);
}

TEST_F(BrokerSessionTest, Suspended_TriesNothingUntilItIsResumed) {
  Maintain(begin_);
  session_.Suspend("the database is unavailable");
  EXPECT_EQ(listener_.losses.size(), 1U) << "there was nothing to lose";
  EXPECT_EQ(NextDue(begin_), Time::max());
  Maintain(begin_ + std::chrono::hours(1));
  EXPECT_EQ(listener_.losses.size(), 1U);
  session_.Resume();
  EXPECT_EQ(NextDue(begin_), begin_) << "at once, without the delay of the failure before";
  Maintain(begin_);
  EXPECT_EQ(listener_.losses.size(), 2U);
}

TEST_F(BrokerSessionTest, Cancelled_TriesNoUrl) {
  cancelled_ = true;
  Maintain(begin_);
  ASSERT_EQ(listener_.losses.size(), 1U);
  EXPECT_THAT(std::string(listener_.losses[0].message()), Not(HasSubstr("127.0.0.1")));
}

}  // namespace
}  // namespace logistics::messaging
