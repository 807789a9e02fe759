// logisticsctl inbox list against a server over an inbox in memory: what a person or a script sees.
#include "nlohmann/json.hpp"
#include "support/process.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::ctl {
namespace {

using fakes::IsOk;
using support::Finished;
using testing::HasSubstr;
using testing::Not;

class InboxCommandTest : public rpc::ServerFixture {
 protected:
  void Park(const std::string& message_id, const std::string& consumer = "payments", std::size_t body_bytes = 2) {
    ports::InboundMessage message;
    message.consumer = consumer;
    message.message_id = message_id;
    message.event_type = "PaymentProcessed";
    message.order_id = domain::OrderId(ids_.NewId());
    message.body = std::string(body_bytes, 'x');
    ASSERT_THAT(inbox_.Park(message, 1, absl::Seconds(1), "there is no such order", {}), IsOk());
  }
  Finished List(const std::vector<std::string>& more = {}, const std::map<std::string, std::string>& env = {}) const {
    support::Command command{
        {LOGISTICS_BINARY_DIR "/logisticsctl", "--address", absl::StrCat("127.0.0.1:", port_), "inbox", "list"}, env};
    command.args.insert(command.args.end(), more.begin(), more.end());
    return support::RunToEnd(command);
  }
};

TEST_F(InboxCommandTest, NothingWaits_IsSaid) {
  Start();
  const Finished finished = List();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "no message waits\n");
}

// No proxy listens there.
TEST_F(InboxCommandTest, HttpProxy_IsNotAsked) {
  Start();
  const std::string proxy = "http://127.0.0.1:1";
  const Finished finished = List({}, {{"http_proxy", proxy}, {"https_proxy", proxy}, {"grpc_proxy", proxy}});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

TEST_F(InboxCommandTest, AnswerThatCannotBeWritten_IsAFailure) {
  Start();
  const std::string list =
      absl::StrCat(LOGISTICS_BINARY_DIR "/logisticsctl --address 127.0.0.1:", port_, " inbox list");
  for (const char* const out : {">/dev/full", ">&-"}) {
    for (const std::string& command : {list, list + " --json", list + " --help"}) {
      const Finished finished = support::RunToEnd({{"sh", "-c", command + " " + out}, {}});
      EXPECT_EQ(finished.exit_code, 1) << command << out;
      EXPECT_THAT(finished.err, HasSubstr("cannot write the answer")) << command << out;
    }
  }
}

TEST_F(InboxCommandTest, Messages_AreATableWithWhyTheyWait) {
  Start();
  Park("m-1");
  Park("m-2", "other");
  const Finished finished = List({"--consumer", "payments"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("m-1"));
  EXPECT_THAT(finished.out, HasSubstr("there is no such order"));
  EXPECT_THAT(finished.out, Not(HasSubstr("m-2")));
}

TEST_F(InboxCommandTest, MoreThanAPage_IsSaidAndFollowed) {
  Start();
  for (const char* id : {"m-1", "m-2", "m-3"}) Park(id);
  const Finished page = List({"--limit", "2"});
  EXPECT_THAT(page.out, HasSubstr("there are more: --after "));
  EXPECT_THAT(page.out, Not(HasSubstr("m-3")));
  const Finished all = List({"--limit", "2", "--all"});
  EXPECT_THAT(all.out, HasSubstr("m-3"));
  EXPECT_THAT(all.out, Not(HasSubstr("there are more")));
}

TEST_F(InboxCommandTest, Json_HasTheBodiesToo) {
  Start();
  Park("m-1");
  const Finished finished = List({"--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("\"m-1\""));
  EXPECT_EQ(nlohmann::json::parse(finished.out).at("messages").at(0).at("body"), "xx");
}

TEST_F(InboxCommandTest, LimitOutOfRange_IsAUsersMistake) {
  Start();
  const Finished finished = List({"--limit", "1001"});
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_THAT(finished.err, HasSubstr("limit is 1001"));
}

}  // namespace
}  // namespace logistics::ctl
