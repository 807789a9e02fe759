#include "messaging/amqp/broker_url.hpp"

#include <gmock/gmock.h>

#include "fakes/status_matchers.hpp"

namespace logistics::messaging {
namespace {

using fakes::StatusIs;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(BrokerUrlTest, ParseBrokerUrl_OnlyAHost_HasTheDefaultsOfTheSpec) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl url, ParseBrokerUrl("amqp://rabbit"));
  EXPECT_EQ(url.host, "rabbit");
  EXPECT_EQ(url.port, 5672);
  EXPECT_EQ(url.user, "guest");
  EXPECT_EQ(url.password, "guest");
  EXPECT_EQ(url.vhost, "/");
  EXPECT_FALSE(url.tls);
}

TEST(BrokerUrlTest, ParseBrokerUrl_EveryPart_IsPercentDecoded) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl url,
                       ParseBrokerUrl("amqps://al%40ice:p%2Fw%3Ad@rabbit.example:5699/my%2fvhost"));
  EXPECT_EQ(url.host, "rabbit.example");
  EXPECT_EQ(url.port, 5699);
  EXPECT_EQ(url.user, "al@ice");
  EXPECT_EQ(url.password, "p/w:d");
  EXPECT_EQ(url.vhost, "my/vhost");
  EXPECT_TRUE(url.tls);
}

TEST(BrokerUrlTest, ParseBrokerUrl_Amqps_HasTheTlsPort) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl url, ParseBrokerUrl("amqps://rabbit"));
  EXPECT_EQ(url.port, 5671);
}

TEST(BrokerUrlTest, ParseBrokerUrl_TrailingSlashOrQuery_IsTheDefaultVhost) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl slash, ParseBrokerUrl("amqp://u:p@rabbit:5672/"));
  EXPECT_EQ(slash.vhost, "/");
  ASSERT_OK_AND_ASSIGN(const BrokerUrl query, ParseBrokerUrl("amqp://u:p@rabbit:5672/?heartbeat=30"));
  EXPECT_EQ(query.vhost, "/");
  ASSERT_OK_AND_ASSIGN(const BrokerUrl encoded, ParseBrokerUrl("amqp://u:p@rabbit:5672/%2F"));
  EXPECT_EQ(encoded.vhost, "/");
}

TEST(BrokerUrlTest, ParseBrokerUrl_Ipv6Host_LosesItsBrackets) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl url, ParseBrokerUrl("amqp://u:p@[::1]:5673/v"));
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 5673);
  EXPECT_EQ(url.Display(), "amqp://u@[::1]:5673/v");
}

TEST(BrokerUrlTest, Display_NeverHoldsThePassword) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl url, ParseBrokerUrl("amqp://user:geheim@rabbit:5672/v"));
  EXPECT_EQ(url.Display(), "amqp://user@rabbit:5672/v");
}

TEST(BrokerUrlTest, ParseBrokerUrl_Malformed_SaysWhatWithoutThePassword) {
  for (const char* wrong : {"http://user:geheim@host", "amqp://", "amqp://user:geheim@", "amqp://user:geheim@host:0",
                            "amqp://user:geheim@host:65536", "amqp://user:geheim@host:x", "amqp://user:geheim%zz@host",
                            "amqp://user:geheim@host/%2", "amqp://user:geheim@[::1", "amqp://user:geheim@[::1]x"}) {
    EXPECT_THAT(ParseBrokerUrl(wrong),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("broker URL"), Not(HasSubstr("geheim")))))
        << wrong;
  }
}

}  // namespace
}  // namespace logistics::messaging
