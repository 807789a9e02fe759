#include "telemetry/line_sink.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/details/log_msg.h"

namespace logistics::telemetry {
namespace {

// For a reader that takes lines again, at the end of the process.
constexpr std::chrono::seconds kFlushTime{2};
constexpr std::chrono::milliseconds kGiveUpPoll{100};

bool IsRegularFile(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

bool TakesMore(int descriptor, std::chrono::milliseconds wait) {
  pollfd one{descriptor, POLLOUT, 0};
  return poll(&one, 1, static_cast<int>(wait.count())) == 1 && (one.revents & POLLOUT) != 0;
}

}  // namespace

LineSink::LineSink(int descriptor, std::unique_ptr<spdlog::formatter> formatter, std::size_t waiting_bytes_max)
    : descriptor_(descriptor),
      blocks_(!IsRegularFile(descriptor)),
      waiting_bytes_max_(waiting_bytes_max),
      formatter_(std::move(formatter)) {}

LineSink::~LineSink() {
  flush();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    gives_up_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void LineSink::log(const spdlog::details::log_msg& message) {
  const std::lock_guard lock(mutex_);
  line_.clear();
  formatter_->format(message, line_);
  const std::size_t written = waiting_.empty() && writing_.empty() ? WriteNow(line_) : 0;
  if (written == line_.size()) return;
  // What was begun is ended, so that no line is cut.
  if (written == 0 && waiting_.size() + writing_.size() + line_.size() > waiting_bytes_max_) return DropLocked(1);
  waiting_.append(line_.data() + written, line_.size() - written);
  if (!thread_.joinable()) thread_ = std::thread([this] { WriteWaiting(); });
  changed_.notify_all();
}

std::size_t LineSink::WriteNow(const spdlog::memory_buf_t& line) {
  // So much of a pipe is written at once or not at all.
  if (blocks_ && (line.size() > PIPE_BUF || !TakesMore(descriptor_, std::chrono::milliseconds(0)))) return 0;
  const ssize_t written = write(descriptor_, line.data(), line.size());
  return written < 0 ? 0 : static_cast<std::size_t>(written);
}

void LineSink::WriteWaiting() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    writing_ = std::exchange(waiting_, {});
    const std::uint64_t said = std::exchange(dropped_unsaid_, 0);
    if (said > 0) {
      const std::string text = absl::StrCat(said, " lines of the log were dropped: nobody read them");
      spdlog::memory_buf_t line;
      formatter_->format({spdlog::string_view_t(), spdlog::level::warn, text}, line);
      writing_.append(line.data(), line.size());
    }
    lock.unlock();
    std::size_t written = 0;
    while (written < writing_.size() && !gives_up_) {
      if (!TakesMore(descriptor_, kGiveUpPoll)) {
        // Nobody will read any more: poll says so at once.
        pollfd one{descriptor_, 0, 0};
        if (poll(&one, 1, 0) == 1) break;
        continue;
      }
      const ssize_t some =
          write(descriptor_, writing_.data() + written, std::min<std::size_t>(writing_.size() - written, PIPE_BUF));
      if (some < 0 && errno != EINTR && errno != EAGAIN) break;
      written += some < 0 ? 0 : static_cast<std::size_t>(some);
    }
    auto lost = static_cast<std::uint64_t>(
        std::count(writing_.begin() + static_cast<std::ptrdiff_t>(written), writing_.end(), '\n'));
    lock.lock();
    writing_.clear();
    if (lost > 0 && said > 0) {
      --lost;
      dropped_unsaid_ += said;
    }
    DropLocked(lost);
    changed_.notify_all();
  }
}

void LineSink::DropLocked(std::uint64_t lines) {
  dropped_ += lines;
  dropped_unsaid_ += lines;
}

void LineSink::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kFlushTime, [this] { return waiting_.empty() && writing_.empty(); });
}

void LineSink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  const std::lock_guard lock(mutex_);
  formatter_ = std::move(formatter);
}

}  // namespace logistics::telemetry
