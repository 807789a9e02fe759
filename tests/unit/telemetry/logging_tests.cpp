#include "telemetry/logging.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <memory>
#include <sstream>
#include <string>

#include "fakes/status_matchers.hpp"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"

namespace logistics::telemetry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ports::LogField;
using ports::LogLevel;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr char kTime[] = "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z";

// Quotes, control characters, a line break that would forge a record, bytes that are no UTF-8, a lone surrogate.
const std::string kHostile =
    std::string("\"}\n{\"level\":\"error\"\t\\ \x01\x7f") + "\xff\xc0\xaf\xed\xa0\x80" + "\xe2\x82\xac";
const std::string kHostileEscaped = std::string(R"(\"}\n{\"level\":\"error\"\t\\ \u0001\u007f)") +
                                    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" + "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" +
                                    "\xe2\x82\xac";

class LoggingTest : public testing::Test {
 protected:
  std::string WriteStructured(LogFormat format) {
    StructuredLog log(format, std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
    const std::vector<LogField> fields = {LogField::Of("method", "Get"),
                                          LogField::Of("error", kHostile),
                                          LogField::Of("ms", 1.25),
                                          LogField::Of("count", -7),
                                          LogField::Of("ok", true),
                                          LogField::Of("empty", ""),
                                          LogField::Of("inf", std::numeric_limits<double>::infinity())};
    log.Write(LogLevel::kInfo, "rpc \"done\"", fields);
    return out_.str();
  }
  std::string WriteFree(LogFormat format, const std::string& text) {
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out_);
    sink->set_formatter(MakeLineFormatter(format));
    spdlog::logger("", sink).warn(text);
    return out_.str();
  }
  std::ostringstream out_;
};

TEST_F(LoggingTest, Json_StructuredLine_HoldsTypedFieldsEscaped) {
  const std::string line = WriteStructured(LogFormat::kJson);
  EXPECT_THAT(line, MatchesRegex(std::string(R"(\{"time":")") + kTime + "\",\"level\":\"info\",.*"));
  EXPECT_THAT(line, EndsWith(R"("message":"rpc \"done\"","method":"Get","error":")" + kHostileEscaped +
                             R"(","ms":1.25,"count":-7,"ok":true,"empty":"","inf":"inf"})" + "\n"));
}

TEST_F(LoggingTest, Json_FreeText_IsEscaped) {
  EXPECT_THAT(WriteFree(LogFormat::kJson, kHostile),
              EndsWith(R"("level":"warn","message":")" + kHostileEscaped + "\"}\n"));
}

TEST_F(LoggingTest, Human_StructuredLine_IsOneLineOfKeysAndValues) {
  const std::string line = WriteStructured(LogFormat::kHuman);
  EXPECT_THAT(line, MatchesRegex(std::string(kTime) + " info  rpc .*\n"));
  EXPECT_THAT(
      line, HasSubstr(R"(rpc "done" method=Get error=")" + kHostileEscaped + R"(" ms=1.25 count=-7 ok=true empty="")"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST_F(LoggingTest, Human_FreeText_CannotForgeALine) {
  const std::string line = WriteFree(LogFormat::kHuman, "first\nsecond \"quoted\"");
  EXPECT_THAT(line, EndsWith("Z warn  first\\nsecond \"quoted\"\n"));
}

TEST_F(LoggingTest, SetUp_SetsFormatAndLevelOfTheDefaultLogger) {
  TelemetryOptions options;
  options.log_level = "warn";
  ASSERT_THAT(SetUpLogging(options), IsOk());
  EXPECT_EQ(spdlog::default_logger()->level(), spdlog::level::warn);
  const StructuredLog log(options.log_format);
  EXPECT_FALSE(log.Enabled(LogLevel::kInfo));
  EXPECT_TRUE(log.Enabled(LogLevel::kError));
  options.log_level = "off";
  ASSERT_THAT(SetUpLogging(options), IsOk());
  EXPECT_FALSE(StructuredLog(options.log_format).Enabled(LogLevel::kError));
}

TEST_F(LoggingTest, SetUp_UnknownLevel_NamesTheAllowedOnes) {
  TelemetryOptions options;
  options.log_level = "loud";
  EXPECT_THAT(SetUpLogging(options), StatusIs(absl::StatusCode::kInvalidArgument,
                                              testing::AllOf(HasSubstr("\"loud\""), HasSubstr("trace, debug"))));
}

}  // namespace
}  // namespace logistics::telemetry
