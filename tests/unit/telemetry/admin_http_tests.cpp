#include "telemetry/admin_http.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fakes/status_matchers.hpp"
#include "fakes/stuck_log.hpp"

namespace logistics::telemetry {
namespace {

using fakes::StatusIs;
using ports::HealthState;
using testing::HasSubstr;

class AdminHttpTest : public testing::Test {
 protected:
  static TelemetryOptions Options(int port) {
    TelemetryOptions options;
    options.metrics_host = "127.0.0.1";
    options.metrics_port = port;
    return options;
  }

  void SetUp() override { ASSERT_OK_AND_ASSIGN(port_, http_.Start()); }

  httplib::Result Get(const std::string& path) { return httplib::Client("127.0.0.1", port_).Get(path); }

  Readiness readiness_{{"database"}};
  AdminHttp http_{Options(0), readiness_, [] { return std::string("logistics_up 1\n"); }};
  int port_ = 0;
};

TEST_F(AdminHttpTest, Livez_IsOkWhateverTheParts) {
  const httplib::Result result = Get("/livez");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
}

TEST_F(AdminHttpTest, Readyz_FollowsReadinessWithALineADependency) {
  httplib::Result result = Get("/readyz");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 503);
  EXPECT_THAT(result->body, HasSubstr("database: down - starting\n"));
  readiness_.Report("database", HealthState::kUp, "");
  result = Get("/readyz");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "ready\ndatabase: up\n");
}

TEST_F(AdminHttpTest, Metrics_AreTheScrapeInPrometheusFormat) {
  const httplib::Result result = Get("/metrics");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "logistics_up 1\n");
  EXPECT_THAT(result->get_header_value("Content-Type"), HasSubstr("version=0.0.4"));
}

// As many as keep connections of their own open: scrapers, proxies, port scans.
TEST_F(AdminHttpTest, IdleConnections_DelayNoProbe) {
  std::vector<int> idle;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 300; ++i) {
    idle.push_back(socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(connect(idle.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    if (i % 2 == 0) {
      ASSERT_EQ(send(idle.back(), "GET", 3, MSG_NOSIGNAL), 3);
    }
  }
  const auto begun = std::chrono::steady_clock::now();
  const httplib::Result result = Get("/livez");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  for (const int socket : idle) close(socket);
}

TEST_F(AdminHttpTest, StuckLog_DelaysNoProbe) {
  fakes::StuckLog log;
  std::thread reporting([this] { readiness_.Report("database", HealthState::kUp, ""); });
  log.WaitUntilStuck();
  std::vector<std::future<httplib::Result>> answers;
  for (const char* const path : {"/readyz", "/livez", "/metrics"}) {
    answers.push_back(std::async(std::launch::async, [this, path] { return Get(path); }));
  }
  // Far more than an answer takes, and less than the client waits.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  for (std::future<httplib::Result>& answer : answers) {
    EXPECT_EQ(answer.wait_until(until), std::future_status::ready);
  }
  log.GoOn();
  reporting.join();
  for (std::future<httplib::Result>& answer : answers) {
    const httplib::Result result = answer.get();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 200) << "the state comes before its line";
  }
}

TEST_F(AdminHttpTest, OtherPaths_AreNotFound) {
  const httplib::Result result = Get("/");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 404);
}

TEST_F(AdminHttpTest, PortTaken_IsRefusedNamingHostAndPort) {
  AdminHttp second(Options(port_), readiness_, [] { return std::string(); });
  EXPECT_THAT(second.Start(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr(absl::StrCat("127.0.0.1:", port_))));
}

TEST_F(AdminHttpTest, Stop_FreesThePortAndMayBeSaidTwice) {
  http_.Stop();
  http_.Stop();
  EXPECT_FALSE(Get("/livez"));
  AdminHttp next(Options(port_), readiness_, [] { return std::string(); });
  EXPECT_THAT(next.Start(), fakes::IsOkAndHolds(port_));
}

TEST_F(AdminHttpTest, StopRightAfterStart_Ends) {
  for (int i = 0; i < 20; ++i) {
    AdminHttp short_lived(Options(0), readiness_, [] { return std::string(); });
    ASSERT_THAT(short_lived.Start(), fakes::IsOk());
  }
}

}  // namespace
}  // namespace logistics::telemetry
