#include "app/command_line.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace logistics::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Ended {
  int code = 0;
  std::string out;
  std::string err;
};

// Sources outside the command line are kept out, and the two URLs given.
Ended RunWith(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "logistics-engine");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ended ended;
  ended.code = RunCommandLine("test", static_cast<int>(argv.size()), argv.data());
  ended.out = testing::internal::GetCapturedStdout();
  ended.err = testing::internal::GetCapturedStderr();
  return ended;
}

std::vector<std::string> WithUrls(std::vector<std::string> arguments) {
  for (const char* more : {"--env-file", "/dev/null", "--config", "/dev/null", "--database-url",
                           "postgres://me:pw@db/x", "--rabbitmq-url", "amqp://mq"}) {
    arguments.emplace_back(more);
  }
  return arguments;
}

TEST(CommandLine, Version_IsSaid) {
  const Ended ended = RunWith({"--version"});
  EXPECT_EQ(ended.code, kExitOk);
  EXPECT_THAT(ended.out, HasSubstr("logistics-engine "));
}

TEST(CommandLine, WrongUsage_EndsWithTwo) {
  EXPECT_EQ(RunWith({}).code, kExitUsage);
  EXPECT_EQ(RunWith({"dance"}).code, kExitUsage);
  EXPECT_EQ(RunWith({"serve", "--no-such-flag"}).code, kExitUsage);
}

TEST(CommandLine, UnknownCommand_IsNamedBesideThoseThatExist) {
  const Ended ended = RunWith({"--log-level", "info", "frobnicate"});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_EQ(ended.err,
            "there is no command frobnicate (serve, migrate, restored, check-config, health); --help says more\n");
  EXPECT_THAT(RunWith({}).err, HasSubstr("a command is missing (serve, migrate, restored, check-config, health)"));
  EXPECT_THAT(RunWith({"serve", "--no-such-flag"}).err, HasSubstr("--no-such-flag"));
}

TEST(CommandLine, CheckConfig_PrintsSettingsWithSourcesMaskedAndLimits) {
  const Ended ended = RunWith(WithUrls({"check-config", "--grpc-port", "7"}));
  EXPECT_EQ(ended.code, kExitOk) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("7   from --grpc-port"), HasSubstr("postgres://me:***@db/x"),
                               HasSubstr("lines of an order")));
}

TEST(CommandLine, FlagsMayStandBeforeTheCommand) {
  EXPECT_THAT(RunWith(WithUrls({"--grpc-port", "7", "check-config"})).out, HasSubstr("7   from --grpc-port"));
}

TEST(CommandLine, WrongSettings_EndServeBeforeItStarts) {
  const Ended ended = RunWith(WithUrls({"serve", "--grpc-port", "many", "--log-level", "loud"}));
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("grpc.port = \"many\" (--grpc-port)"), HasSubstr("log.level = \"loud\"")));
}

TEST(CommandLine, Restored_NeedsTheDatabaseAlone) {
  const Ended wrong = RunWith({"restored", "--env-file", "/dev/null", "--config", "/dev/null"});
  EXPECT_EQ(wrong.code, kExitUsage);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("database.url"), testing::Not(HasSubstr("rabbitmq"))));
}

// Nobody can listen on port 1 without being asked to: these say where the probe went.
TEST(CommandLine, Health_AsksWhereTheSettingsSayOnThisMachine) {
  const Ended ended = RunWith(
      {"health", "--env-file", "/dev/null", "--config", "/dev/null", "--grpc-host", "0.0.0.0", "--grpc-port", "1"});
  EXPECT_EQ(ended.code, kExitFailed);
  EXPECT_THAT(ended.err, HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  EXPECT_EQ(ended.out, "");
}

TEST(CommandLine, Health_WithAnAddressReadsNoSettings) {
  const Ended ended = RunWith({"health", "--config", "/no/such/file", "--address", "127.0.0.1:1"});
  EXPECT_EQ(ended.code, kExitFailed);
  EXPECT_THAT(ended.err, HasSubstr("127.0.0.1:1"));
}

TEST(CommandLine, Health_WrongSettings_AreOneLineAndNotTheCodeThatEnginesKeep) {
  const Ended ended = RunWith(
      {"health", "--env-file", "/dev/null", "--config", "/dev/null", "--grpc-port", "many", "--log-level", "loud"});
  EXPECT_EQ(ended.code, kExitFailed);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("grpc.port = \"many\""), HasSubstr("log.level")));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

}  // namespace
}  // namespace logistics::app
