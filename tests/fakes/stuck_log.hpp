#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "spdlog/sinks/base_sink.h"
#include "spdlog/spdlog.h"

namespace logistics::fakes {

// While it exists, whoever logs waits: the reader of the log has stopped. No thread may log while it comes or goes.
class StuckLog {
 public:
  StuckLog() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", sink_));
  }
  ~StuckLog() { spdlog::set_default_logger(before_); }
  StuckLog(const StuckLog&) = delete;
  StuckLog& operator=(const StuckLog&) = delete;

  // Returns once a thread waits.
  void WaitUntilStuck() { sink_->WaitUntilStuck(); }
  // Ends all waits.
  void GoOn() { sink_->GoOn(); }

 private:
  class Sink final : public spdlog::sinks::base_sink<std::mutex> {
   public:
    void WaitUntilStuck() {
      std::unique_lock lock(gate_mutex_);
      changed_.wait(lock, [this] { return stuck_; });
    }
    void GoOn() {
      const std::lock_guard lock(gate_mutex_);
      open_ = true;
      changed_.notify_all();
    }

   private:
    void sink_it_(const spdlog::details::log_msg& /*message*/) override {
      std::unique_lock lock(gate_mutex_);
      stuck_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
    }
    void flush_() override {}

    std::mutex gate_mutex_;
    std::condition_variable changed_;
    bool stuck_ = false;  // guarded by gate_mutex_
    bool open_ = false;   // guarded by gate_mutex_
  };

  std::shared_ptr<spdlog::logger> before_;
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
};

}  // namespace logistics::fakes
