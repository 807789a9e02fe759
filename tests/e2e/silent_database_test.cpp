// A Postgres that takes what is sent and says nothing, behind a daemon that serves.
#include <gmock/gmock.h>

#include <thread>

#include "e2e/world.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::TcpProxy;
using testing::AnyOf;
using testing::HasSubstr;

CallOptions Within(absl::Duration deadline) {
  CallOptions options;
  options.deadline = deadline;
  return options;
}

class SilentDatabaseTest : public testing::Test {
 protected:
  void Start(const Flags& flags) {
    daemon_.emplace(ServeCommand(Through(proxy_, world_.database.url()), world_.broker.url(), flags));
    daemon_->WaitUntilReady();
    product_ = AddProduct(*daemon_, 10);
  }

  World world_;
  TcpProxy proxy_{"127.0.0.1", PortOf(world_.database.url())};
  std::optional<Daemon> daemon_;
  Product product_;
};

TEST_F(SilentDatabaseTest, CallsKeepTheirDeadlines_AndOneOrderIsMadeOnceItSpeaks) {
  Start({{"database-lock-timeout", "500ms"}, {"database-statement-timeout", "1s"}});
  order::CreateOrderRequest request = OrderOf(product_);
  request.set_idempotency_key("once");
  proxy_.SetMode(TcpProxy::Mode::kStall);
  for (int i = 0; i < 2; ++i) {
    for (const Answer& answer : {Create(*daemon_, request, Within(absl::Seconds(2))),
                                 GetOrder(*daemon_, NewUuid(), Within(absl::Seconds(2)))}) {
      EXPECT_THAT(answer.status.error_code(), AnyOf(grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::UNAVAILABLE))
          << answer.status.error_message();
    }
  }
  EXPECT_TRUE(
      Eventually([&] { return daemon_->Get("/readyz").body.find("postgres: down") != std::string::npos; }, kPatience));
  EXPECT_EQ(daemon_->Get("/readyz").status, 503);
  EXPECT_EQ(daemon_->Get("/livez").status, 200);

  proxy_.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(Eventually([&] { return Create(*daemon_, request).status.ok(); }, kPatience));
  EXPECT_TRUE(Eventually([&] { return daemon_->Get("/readyz").status == 200; }, kPatience));
  EXPECT_EQ(world_.database.QueryNumber("SELECT count(*) FROM orders"), 1);
  EXPECT_EQ(LevelOf(*daemon_, product_).reserved(), 1);
}

// The order's transaction waits for longer than the stop may take.
TEST_F(SilentDatabaseTest, DrainTimeIsOver_EndsWithOneAndSaysSo) {
  Start({{"database-statement-timeout", "5m"},
         {"grpc-keepalive-time", "1s"},
         {"grpc-keepalive-timeout", "3s"},
         {"shutdown-drain-timeout", "5s"}});
  proxy_.SetMode(TcpProxy::Mode::kStall);
  Answer answer;
  std::jthread waiting([&] { answer = Create(*daemon_, OrderOf(product_), Within(absl::Minutes(5))); });
  ASSERT_TRUE(Eventually([&] { return daemon_->Metric("logistics_rpc_in_flight") >= 1; }, kPatience));
  daemon_->process().Signal(SIGTERM);
  const std::optional<support::Ending> ending = daemon_->process().Wait(kPatience);
  ASSERT_TRUE(ending.has_value()) << "the call keeps the daemon from its end";
  EXPECT_EQ(ending->exit_code, 1) << "signal " << ending->signal;
  EXPECT_THAT(daemon_->Log(), HasSubstr("the drain time is over"));
  waiting.join();
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << answer.status.error_message();
}

}  // namespace
}  // namespace logistics::e2e
