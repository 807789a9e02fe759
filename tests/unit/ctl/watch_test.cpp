// logisticsctl orders watch against a server over a log that the test writes: what a person or a script sees.
#include <algorithm>
#include <csignal>

#include "absl/strings/str_split.h"
#include "fakes/eventually.hpp"
#include "nlohmann/json.hpp"
#include "support/process.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::ctl {
namespace {

using domain::OrderStatus;
using support::Finished;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

class WatchTest : public rpc::ServerFixture {
 protected:
  void SetUp() override { Start(); }

  support::Command CommandOf(const std::vector<std::string>& more) const {
    support::Command command{
        {LOGISTICS_BINARY_DIR "/logisticsctl", "--address", absl::StrCat("127.0.0.1:", port_), "orders", "watch"}, {}};
    command.args.insert(command.args.end(), more.begin(), more.end());
    return command;
  }
  Finished WatchToEnd(const std::vector<std::string>& more) const { return support::RunToEnd(CommandOf(more)); }
  // Returns when what is committed from now on is shown.
  static void AwaitConnected(const support::Process& watch) {
    ASSERT_TRUE(fakes::Eventually([&] { return absl::StrContains(watch.Log(), "connected\n"); })) << watch.Log();
  }
  static void AwaitLines(const support::Process& watch, std::ptrdiff_t count) {
    ASSERT_TRUE(fakes::Eventually([&] {
      const std::string output = watch.Output();
      return std::count(output.begin(), output.end(), '\n') >= count;
    })) << watch.Output()
        << watch.Log();
  }
  // The token to resume from, as the end of a watch prints it.
  static std::string TokenOf(const std::string& err) {
    const std::vector<std::string> parts = absl::StrSplit(err, "--token ");
    return std::string(absl::StripAsciiWhitespace(parts.back()));
  }

  void Append(const domain::OrderId& order, std::int64_t version, OrderStatus previous, OrderStatus status,
              const std::string& notes = "") {
    order_log_.Append({{order, customer_, version, previous, status, notes}});
  }
  void Create(const domain::OrderId& order) { Append(order, 1, OrderStatus::kUnknown, OrderStatus::kPending); }
  void Process(const domain::OrderId& order) { Append(order, 2, OrderStatus::kPending, OrderStatus::kProcessing); }

  const domain::CustomerId customer_{ids_.NewId()};
  const domain::OrderId order_{ids_.NewId()};
  const domain::OrderId other_{ids_.NewId()};
};

TEST_F(WatchTest, Changes_AreALineEach) {
  support::Process watch(CommandOf({"--count", "2"}));
  AwaitConnected(watch);
  Create(order_);
  Append(order_, 2, OrderStatus::kPending, OrderStatus::kCancelled, "changed\x1b[2J my mind");
  const auto ending = watch.Wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->exit_code, 0);
  EXPECT_EQ(watch.Output(),
            absl::StrCat("2026-01-02 03:04:05Z  ", order_.ToString(), "  new -> pending\n", "2026-01-02 03:04:05Z  ",
                         order_.ToString(), "  pending -> cancelled     changed\\u001B[2J my mind\n"));
  EXPECT_THAT(TokenOf(watch.Log()), Not(IsEmpty()));
}

TEST_F(WatchTest, Scopes_AndSnapshot) {
  Create(order_);
  Process(order_);
  order_log_.Append({{other_, domain::CustomerId(ids_.NewId())}});
  const Finished all = WatchToEnd({"--all", "--snapshot", "--count", "2"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("is processing\n"));
  EXPECT_THAT(all.out, HasSubstr("is pending\n"));
  const Finished one = WatchToEnd({"--order", other_.ToString(), "--snapshot", "--count", "1"});
  EXPECT_THAT(one.out, HasSubstr(other_.ToString()));
  const Finished customers = WatchToEnd({"--customer", customer_.ToString(), "--snapshot", "--count", "1"});
  EXPECT_THAT(customers.out, HasSubstr(order_.ToString()));
}

TEST_F(WatchTest, Token_GoesOnBehindWhatWasShown) {
  support::Process watch(CommandOf({"--count", "1"}));
  AwaitConnected(watch);
  Create(order_);
  ASSERT_TRUE(watch.Wait());
  Process(order_);
  const Finished next = WatchToEnd({"--token", TokenOf(watch.Log()), "--count", "1"});
  EXPECT_EQ(next.exit_code, 0) << next.err;
  EXPECT_THAT(next.out, HasSubstr("pending -> processing"));
}

TEST_F(WatchTest, Json_IsAnObjectALine) {
  support::Process watch(CommandOf({"--json", "--count", "1"}));
  AwaitConnected(watch);
  Append(order_, 3, OrderStatus::kProcessing, OrderStatus::kShipped, "two\nlines");
  ASSERT_TRUE(watch.Wait());
  const std::vector<std::string> lines = absl::StrSplit(watch.Output(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2U) << watch.Output();
  const Json token = Json::parse(lines[0], nullptr, /*allow_exceptions=*/false);
  EXPECT_EQ(token["order_id"], "");
  EXPECT_NE(token["resume_token"], "");
  const Json change = Json::parse(lines[1], nullptr, /*allow_exceptions=*/false);
  EXPECT_EQ(change["order_id"], order_.ToString());
  EXPECT_EQ(change["customer_id"], customer_.ToString());
  EXPECT_EQ(change["previous_status"], "ORDER_STATUS_PROCESSING");
  EXPECT_EQ(change["new_status"], "ORDER_STATUS_SHIPPED");
  EXPECT_EQ(change["version"], "3");  // protobuf JSON writes 64-bit numbers as strings
  EXPECT_EQ(change["notes"], "two\nlines");
  EXPECT_NE(change["event_id"], "");
  EXPECT_EQ(change["resume_token"], TokenOf(watch.Log()));
}

TEST_F(WatchTest, ServerGoesAndComesBack_EveryChangeIsShownOnce) {
  support::Process watch(CommandOf({"--count", "3"}));
  AwaitConnected(watch);
  Create(order_);
  AwaitLines(watch, 1);
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  Process(order_);
  options_.port = port_;
  Start();
  AwaitLines(watch, 2);
  Append(order_, 3, OrderStatus::kProcessing, OrderStatus::kShipped);
  const auto ending = watch.Wait();
  ASSERT_TRUE(ending) << watch.Log();
  EXPECT_EQ(ending->exit_code, 0);
  const std::vector<std::string> lines = absl::StrSplit(watch.Output(), '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, ElementsAre(HasSubstr("new -> pending"), HasSubstr("pending -> processing"),
                                 HasSubstr("processing -> shipped")));
  EXPECT_THAT(watch.Log(), HasSubstr("the stream ended (not available: "));
  EXPECT_THAT(watch.Log(), HasSubstr("going on from "));
  EXPECT_THAT(watch.Log(), HasSubstr("connected again\n"));
}

TEST_F(WatchTest, WhatIsToldAgain_IsNotShownAgain) {
  support::Process watch(CommandOf({"--count", "2"}));
  AwaitConnected(watch);
  Create(order_);
  AwaitLines(watch, 1);
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  // After a failover a resume begins a margin earlier.
  order_log_.SetTimeline(2);
  Process(order_);
  options_.port = port_;
  Start();
  ASSERT_TRUE(watch.Wait()) << watch.Log();
  const std::vector<std::string> lines = absl::StrSplit(watch.Output(), '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, ElementsAre(HasSubstr("new -> pending"), HasSubstr("pending -> processing")));
}

TEST_F(WatchTest, CtrlC_EndsItWithTheToken) {
  support::Process watch(CommandOf({}));
  AwaitConnected(watch);
  watch.Signal(SIGINT);
  const auto ending = watch.Wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->exit_code, 0);
  EXPECT_THAT(watch.Output(), IsEmpty());
  EXPECT_THAT(watch.Log(), HasSubstr("to go on from here: --token "));
}

TEST_F(WatchTest, CtrlC_EndsTheWaitForAServerToo) {
  support::Process watch(CommandOf({}));
  AwaitConnected(watch);
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  ASSERT_TRUE(fakes::Eventually([&] { return absl::StrContains(watch.Log(), "the stream ended"); }));
  watch.Signal(SIGTERM);
  const auto ending = watch.Wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->exit_code, 0);
}

TEST_F(WatchTest, For_EndsIt) {
  const Finished finished = WatchToEnd({"--for", "100ms"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, IsEmpty());
}

TEST_F(WatchTest, TokenOfALostFuture_IsOneAndSaysWhatToDo) {
  support::Process watch(CommandOf({"--count", "1"}));
  AwaitConnected(watch);
  Create(order_);
  ASSERT_TRUE(watch.Wait());
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  order_log_.RestoreTo(0);
  Start();
  const Finished finished = WatchToEnd({"--token", TokenOf(watch.Log())});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, StartsWith("no way on from this token: "));
  EXPECT_THAT(finished.err, HasSubstr("--snapshot"));
}

TEST_F(WatchTest, BadArguments) {
  const Finished token = WatchToEnd({"--token", "yesterday"});
  EXPECT_EQ(token.exit_code, 1);
  EXPECT_THAT(token.err, HasSubstr("resume_token"));
  EXPECT_EQ(WatchToEnd({"--order", order_.ToString(), "--customer", customer_.ToString()}).exit_code, 2);
  EXPECT_EQ(WatchToEnd({"--all", "--order", order_.ToString()}).exit_code, 2);
  EXPECT_EQ(WatchToEnd({"--snapshot", "--token", "x"}).exit_code, 2);
  EXPECT_EQ(WatchToEnd({"--for", "0"}).exit_code, 2);
  EXPECT_EQ(WatchToEnd({"--count", "0"}).exit_code, 2);
  EXPECT_EQ(WatchToEnd({"--order", order_.ToString()}).exit_code, 1);  // no such order
}

TEST_F(WatchTest, NoServer_IsThree) {
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  const Finished finished = WatchToEnd({});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err, StartsWith("no server at 127.0.0.1:"));
}

// Its connection takes nothing any more: only that it is found dead would end it for gRPC.
TEST_F(WatchTest, Shutdown_EndsAlthoughAClientStandsStill) {
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  options_.keepalive_time = absl::Seconds(1);
  options_.keepalive_timeout = absl::Seconds(1);
  Start();
  support::Process watch(CommandOf({"--all"}));
  AwaitConnected(watch);
  watch.Stop();
  for (int i = 0; i < 5'000; ++i) {
    Append(order_, i + 2, OrderStatus::kPending, OrderStatus::kPending, std::string(4'000, 'n'));
  }
  order_updates_->Wake();
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  watch.Continue();
  ASSERT_TRUE(fakes::Eventually([&] { return absl::StrContains(watch.Log(), "the stream ended"); }));
  watch.Signal(SIGTERM);
  EXPECT_TRUE(watch.Wait());
}

}  // namespace
}  // namespace logistics::ctl
