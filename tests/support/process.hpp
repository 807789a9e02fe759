// Programs that a test starts, and how it is made sure that none of them outlives it.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace logistics::support {

struct Command {
  std::vector<std::string> args;           // args[0] is the program, looked for in PATH unless it holds a slash
  std::map<std::string, std::string> env;  // beside PATH and the sanitizers' options: nothing else is inherited
  bool may_end = false;                    // by itself, without a test that waits for it
};

// How a process ended.
struct Ending {
  int exit_code = -1;  // -1: by a signal
  int signal = 0;      // 0: it exited
};

// A folder below TMPDIR, removed with all it holds at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  // Writes a file of this folder; its path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

// A child process in a folder of its own, so that no .env of the project is read; its output goes to files there. It is
// killed when this object or the thread that made it ends: to be made by a thread that lives as long as the test.
// The test fails when the process ended and nobody waited for that, and when a sanitizer reported on stderr.
class Process {
 public:
  explicit Process(const Command& command);
  // Kills it, as below. When the test has failed, prints the end of what the process wrote.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  std::string Output() const;  // stdout, so far
  std::string Log() const;     // stderr, so far

  void Signal(int number) const;
  // SIGSTOP; returns when the process stands still.
  void Stop() const;
  void Continue() const;
  // SIGKILL; returns when it is dead. One that has ended by itself is a failure of the test.
  void Kill();

  // How it ended; nullopt when it has not after `timeout`.
  std::optional<Ending> Wait(absl::Duration timeout = absl::Seconds(30));
  bool running() { return !Reap(absl::ZeroDuration()).has_value(); }

 private:
  std::optional<Ending> Reap(absl::Duration timeout);

  TempFolder folder_;
  std::string name_;
  pid_t pid_ = -1;
  bool may_end_ = false;  // or a test waited for its end
  std::optional<Ending> ending_;
};

struct Finished {
  int exit_code = -1;  // -1: a signal, or it did not end in time
  std::string out;
  std::string err;
};

// Runs a program to its end.
Finished RunToEnd(const Command& command, absl::Duration timeout = absl::Seconds(60));

}  // namespace logistics::support
