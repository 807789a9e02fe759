// The log as a collector meets it.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "e2e/raw_call.hpp"
#include "e2e/world.hpp"
#include "support/loopback.hpp"

namespace logistics::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What speaks no gRPC, on the port of gRPC.
void SendNoise(int port) {
  const int noise = support::ConnectTo("127.0.0.1", port);
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(::send(noise, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  char answer[256];
  while (::recv(noise, answer, sizeof(answer), 0) > 0) {
  }
  ::close(noise);
}

TEST(LogTest, JsonAskedFor_EveryLineIsJsonOnStandardOutputWhateverCallersSend) {
  World world;
  world.flags["log-format"] = "json";
  world.flags["log-level"] = "debug";
  Daemon daemon(world.Serve());
  daemon.WaitUntilPublishing();
  const std::string create = "/order.OrderService/CreateOrder";
  EXPECT_ANY_THROW(RawUnary(daemon.channel(), create, "\x2A\x02\xC3("));                     // notes, not UTF-8
  EXPECT_ANY_THROW(RawUnary(daemon.channel(), create, "\x0A\x7F cut"));                      // no message
  EXPECT_ANY_THROW(RawUnary(daemon.channel(), create, std::string(5 * 1024 * 1024, 'x')));   // over our limit
  EXPECT_ANY_THROW(RawUnary(daemon.channel(), create, std::string(20 * 1024 * 1024, 'x')));  // over gRPC's
  EXPECT_ANY_THROW(RawUnary(daemon.channel(), "/order.OrderService/Fly", ""));
  SendNoise(daemon.port());
  daemon.process().Signal(SIGTERM);
  ASSERT_TRUE(daemon.process().Wait());

  std::istringstream lines(daemon.process().Output());
  int calls = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(record.is_object()) << line;
    for (const char* key : {"time", "level", "message"}) EXPECT_TRUE(record.contains(key)) << line;
    if (record.value("message", "") == "rpc" && record.contains("error")) {
      ++calls;
      EXPECT_THAT(record.value("correlation_id", ""), Not(IsEmpty())) << line;
    }
  }
  EXPECT_EQ(calls, 5) << "each has one line: " << daemon.Log();
  EXPECT_THAT(daemon.process().Log(), IsEmpty()) << "standard error";
}

TEST(LogTest, StartThatIsRefused_SaysSoInJsonToo) {
  World world;
  world.flags["log-format"] = "json";
  const support::Listener taken = support::ListenOnLoopback();
  world.flags["grpc-port"] = std::to_string(taken.port);
  const support::Finished finished = support::RunToEnd(world.Serve());
  ::close(taken.fd);
  EXPECT_EQ(finished.exit_code, 1);
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
  EXPECT_THAT(finished.out, HasSubstr("GRPC_PORT"));
  EXPECT_THAT(finished.err, IsEmpty());
}

}  // namespace
}  // namespace logistics::e2e
