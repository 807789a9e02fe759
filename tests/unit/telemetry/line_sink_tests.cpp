#include "telemetry/line_sink.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "spdlog/logger.h"
#include "telemetry/logging.hpp"

namespace logistics::telemetry {
namespace {

using testing::HasSubstr;

class LineSinkTest : public testing::Test {
 protected:
  LineSinkTest() {
    signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(pipe(ends_), 0);
  }
  ~LineSinkTest() override {
    logger_.reset();
    sink_.reset();
    CloseReader();
    close(ends_[1]);
  }
  void MakeSink(std::size_t waiting_bytes_max) {
    sink_ = std::make_shared<LineSink>(ends_[1], MakeLineFormatter(LogFormat::kHuman), waiting_bytes_max);
    logger_ = std::make_unique<spdlog::logger>("", sink_);
  }
  void CloseReader() {
    if (ends_[0] >= 0) close(std::exchange(ends_[0], -1));
  }
  // More than a pipe takes.
  void LogMany() {
    for (int i = 0; i < kMany; ++i) logger_->info("line {} {}", i, kText);
  }
  // What comes until all that was logged is there or dropped.
  std::vector<std::string> ReadLines(const std::function<bool(const std::vector<std::string>&)>& complete) {
    std::vector<std::string> lines;
    std::string rest;
    char buffer[4096];
    while (!complete(lines)) {
      const ssize_t size = read(ends_[0], buffer, sizeof(buffer));
      if (size <= 0) break;
      rest.append(buffer, static_cast<std::size_t>(size));
      for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
        lines.push_back(rest.substr(0, end));
      }
    }
    return lines;
  }

  static constexpr int kMany = 5'000;
  const std::string kText = std::string(200, 'x');
  std::uint64_t read_ = 0;
  int ends_[2] = {-1, -1};
  std::shared_ptr<LineSink> sink_;
  std::unique_ptr<spdlog::logger> logger_;
};

TEST_F(LineSinkTest, Line_IsOutWhenItsLoggingReturns) {
  MakeSink(0);
  logger_->info("hello");
  ASSERT_EQ(fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
  char buffer[256];
  const ssize_t size = read(ends_[0], buffer, sizeof(buffer));
  ASSERT_GT(size, 0);
  EXPECT_THAT(std::string(buffer, static_cast<std::size_t>(size)), HasSubstr("hello\n"));
}

TEST_F(LineSinkTest, ReaderThatStops_HoldsUpNobodyAndIsToldWhatItMissed) {
  MakeSink(100'000);
  LogMany();  // returns
  const std::uint64_t dropped = sink_->dropped();
  EXPECT_GT(dropped, 0U);
  std::uint64_t said = 0;
  int last = -1;
  std::uint64_t count = 0;
  ReadLines([&](const std::vector<std::string>& lines) {
    for (; count < lines.size(); ++count) {
      int number = 0;
      if (sscanf(lines[count].c_str(), "%*s warn  %d lines of the log were dropped", &number) == 1) {
        said += static_cast<std::uint64_t>(number);
        continue;
      }
      EXPECT_EQ(sscanf(lines[count].c_str(), "%*s info  line %d ", &number), 1) << lines[count];
      EXPECT_GT(number, last) << "in their order";
      EXPECT_THAT(lines[count], testing::EndsWith(kText)) << "none is cut";
      last = number;
      ++read_;
    }
    return said == dropped;
  });
  EXPECT_EQ(read_ + dropped, static_cast<std::uint64_t>(kMany));
}

TEST_F(LineSinkTest, End_WaitsForAReaderThatTakesItsLines) {
  MakeSink(LineSink::kWaitingBytesMax);
  LogMany();
  logger_->info("a long one: {}", std::string(100'000, 'y'));
  std::vector<std::string> lines;
  std::thread reader([&] { lines = ReadLines([](const auto& read) { return read.size() == kMany + 1; }); });
  logger_.reset();
  sink_.reset();
  reader.join();
  EXPECT_EQ(lines.size(), kMany + 1U);
  EXPECT_THAT(lines.back(), HasSubstr("a long one: "));
}

TEST_F(LineSinkTest, ReaderThatIsGone_CostsItsLinesOnly) {
  MakeSink(LineSink::kWaitingBytesMax);
  CloseReader();
  LogMany();
  logger_->flush();
  EXPECT_EQ(sink_->dropped(), static_cast<std::uint64_t>(kMany));
}

}  // namespace
}  // namespace logistics::telemetry
