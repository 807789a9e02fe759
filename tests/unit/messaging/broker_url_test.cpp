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

TEST(BrokerUrlTest, ParseBrokerUrl_PasswordWithSignsOfOtherParts_IsWhole) {
  for (const char* password : {"p?ss", "p@ss", "p:ss", "p#ss", "p,ss"}) {
    ASSERT_OK_AND_ASSIGN(const BrokerUrl url, ParseBrokerUrl("amqp://u:" + std::string(password) + "@rabbit/v"));
    EXPECT_EQ(url.password, password);
    EXPECT_EQ(url.host, "rabbit");
    EXPECT_EQ(url.vhost, "v");
  }
}

TEST(BrokerUrlTest, ParseBrokerUrl_KnownParameters_AreHonoured) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl url, ParseBrokerUrl("amqp://rabbit/v?heartbeat=5&connection_timeout=1500"));
  EXPECT_EQ(url.heartbeat, absl::Seconds(5));
  EXPECT_EQ(url.connect_timeout, absl::Milliseconds(1500));
  ASSERT_OK_AND_ASSIGN(const BrokerUrl none, ParseBrokerUrl("amqp://rabbit/v?"));
  EXPECT_EQ(none.heartbeat, std::nullopt);
}

TEST(BrokerUrlTest, ParseBrokerUrl_OtherParameters_AreRefusedByName) {
  for (const char* wrong : {"hearbeat=5", "frame_max=4096", "channel_max=1", "verify=verify_none", "cacertfile=/ca"}) {
    const std::string name = std::string(wrong).substr(0, std::string(wrong).find('='));
    EXPECT_THAT(ParseBrokerUrl("amqp://rabbit/v?heartbeat=5&" + std::string(wrong)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(name)));
  }
  for (const char* wrong : {"heartbeat=0", "heartbeat=601", "heartbeat=5s", "heartbeat=", "connection_timeout=99",
                            "heartbeat=5&heartbeat=6"}) {
    EXPECT_THAT(ParseBrokerUrl("amqp://rabbit/?" + std::string(wrong)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("broker URL")))
        << wrong;
  }
}

TEST(BrokerUrlTest, Display_OfAUserWithItsPasswordEncoded_HidesIt) {
  ASSERT_OK_AND_ASSIGN(const BrokerUrl url, ParseBrokerUrl("amqp://user%3Ageheim@rabbit"));
  EXPECT_THAT(url.Display(), Not(HasSubstr("geheim")));
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
                            "amqp://user:geheim@host/%2", "amqp://user:geheim@[::1", "amqp://user:geheim@[::1]x",
                            "amqp://user:geheim", "amqp://user:geheim@h1,h2", "amqp://h/v?password=geheim"}) {
    EXPECT_THAT(ParseBrokerUrl(wrong),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("broker URL"), Not(HasSubstr("geheim")))))
        << wrong;
  }
}

}  // namespace
}  // namespace logistics::messaging
