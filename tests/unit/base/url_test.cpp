#include "logistics/base/url.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace logistics::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(ParseUrl, EveryPart_IsFoundAndDecoded) {
  const absl::StatusOr<Url> url =
      ParseUrl("postgres://al%40ice:p%2Fw%3Ad@one:1,[::1]:2,three/d%20b?sslmode=require&options=-c%20a%3Db");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->scheme, "postgres");
  EXPECT_EQ(url->user, "al@ice");
  EXPECT_EQ(url->password, "p/w:d");
  ASSERT_THAT(url->hosts, SizeIs(3));
  EXPECT_EQ(url->hosts[0].name, "one");
  EXPECT_EQ(url->hosts[0].port, 1);
  EXPECT_EQ(url->hosts[1].name, "::1");
  EXPECT_TRUE(url->hosts[1].bracketed);
  EXPECT_EQ(url->hosts[1].port, 2);
  EXPECT_EQ(url->hosts[2].name, "three");
  EXPECT_EQ(url->hosts[2].port, std::nullopt);
  EXPECT_EQ(url->path, "d b");
  ASSERT_THAT(url->parameters, SizeIs(2));
  EXPECT_EQ(url->parameters[0].name, "sslmode");
  EXPECT_EQ(url->parameters[0].value, "require");
  EXPECT_EQ(url->parameters[1].value, "-c a=b");
}

TEST(ParseUrl, PartsThatAreNotThere_AreNone) {
  const absl::StatusOr<Url> url = ParseUrl("amqp://rabbit");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->user, std::nullopt);
  EXPECT_EQ(url->password, std::nullopt);
  EXPECT_EQ(url->path, std::nullopt);
  EXPECT_THAT(url->parameters, IsEmpty());
  EXPECT_EQ(ParseUrl("postgres:///db")->hosts.front().name, "");
  EXPECT_EQ(ParseUrl("amqp://u@h/?")->path, "");
}

// As psql takes it.
TEST(ParseUrl, PasswordWithSignsOfOtherParts_EndsAtTheAt) {
  for (const char* password : {"p?ss", "p?a=b&c", "p#ss", "p:ss", "?", "p,ss"}) {
    const absl::StatusOr<Url> url = ParseUrl("postgres://u:" + std::string(password) + "@host:5/db?a=b@c");
    ASSERT_TRUE(url.ok()) << password << ": " << url.status();
    EXPECT_EQ(url->user, "u");
    EXPECT_EQ(url->password, password);
    EXPECT_EQ(url->hosts.front().name, "host");
    EXPECT_EQ(url->path, "db");
    EXPECT_THAT(url->parameters, SizeIs(1));
  }
}

TEST(ParseUrl, Malformed_IsSaidWithoutThePassword) {
  for (const char* wrong : {"geheim",
                            "://u:geheim@h",
                            "a://u:geheim",
                            "a://u:geheim/x",
                            "a://u:geheim?x=1",
                            "a://u:geheim%zz@h",
                            "a://u:geheim@h/%2",
                            "a://u:geheim@h%0",
                            "a://u:geheim@[::1",
                            "a://u:geheim@[::1]x",
                            "a://u:geheim@h:0",
                            "a://u:geheim@h:65536",
                            "a://u:geheim@h:5x",
                            "a://u:geheim@h,i:geheim",
                            "a://h/d?geheim",
                            "a://h/d?=geheim",
                            "a://h/d?password=geheim=1",
                            "a://h/d?password=geheim&b",
                            "a://h/d?password=geheim%0",
                            "a://u:geheim%00@h",
                            "a://u%3Ageheim",
                            "a://u:geheim%40h"}) {
    const absl::Status status = ParseUrl(wrong).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << wrong;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("geheim"))) << wrong;
  }
}

TEST(WithParametersFirst, PutsThemBehindTheQuestionMarkOfTheQuery) {
  EXPECT_EQ(WithParametersFirst("a://h/d", "x=1&y=2"), "a://h/d?x=1&y=2");
  EXPECT_EQ(WithParametersFirst("a://h/d?", "x=1"), "a://h/d?x=1");
  EXPECT_EQ(WithParametersFirst("a://h/d?b=2", "x=1"), "a://h/d?x=1&b=2");
  EXPECT_EQ(WithParametersFirst("a://u:p?ss@h/d", "x=1"), "a://u:p?ss@h/d?x=1");
  EXPECT_EQ(WithParametersFirst("a://u:p?ss@h?b=2", "x=1"), "a://u:p?ss@h?x=1&b=2");
}

TEST(SplitUrls, EndsAUrlOnlyWhereTheNextBegins) {
  EXPECT_THAT(SplitUrls("amqp://u:a,b@h1, amqps://h2"), ElementsAre("amqp://u:a,b@h1", "amqps://h2"));
  EXPECT_THAT(SplitUrls("http://h1:1,h2:2"), ElementsAre("http://h1:1,h2:2"));
  EXPECT_THAT(SplitUrls("amqp://u:a,://b@h1"), ElementsAre("amqp://u:a,://b@h1"));
}

}  // namespace
}  // namespace logistics::base
