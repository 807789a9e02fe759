#include "support/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "fakes/eventually.hpp"

namespace logistics::support {
namespace {

constexpr std::size_t kTailLines = 40;
// How the reports of ASan, LSan, TSan and UBSan begin.
constexpr std::array<const char*, 5> kSanitizerReports = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                                          "WARNING: ThreadSanitizer", "AddressSanitizer:DEADLYSIGNAL",
                                                          "runtime error: "};
constexpr std::size_t kReportBytes = 2'000;
constexpr std::array<const char*, 7> kInherited = {"PATH",         "TMPDIR",       "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                                   "LSAN_OPTIONS", "TSAN_OPTIONS", "HOME"};

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Tail(const std::string& text) {
  std::size_t at = text.size();
  for (std::size_t lines = 0; lines <= kTailLines && at > 0; ++lines) {
    at = text.rfind('\n', at - 1);
    if (at == std::string::npos) return text;
  }
  return text.substr(at);
}

std::vector<std::string> EnvironmentOf(const Command& command) {
  std::map<std::string, std::string> all;
  for (const char* name : kInherited) {
    if (const char* value = std::getenv(name); value != nullptr) all[name] = value;
  }
  for (const auto& [name, value] : command.env) all[name] = value;
  std::vector<std::string> environment;
  for (const auto& [name, value] : all) environment.push_back(name + "=" + value);
  return environment;
}

// The strings stay the caller's; exec does not write to them.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int OpenForWriting(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) Fail("cannot write " + path);
  return fd;
}

}  // namespace

TempFolder::TempFolder() {
  path_ = (std::filesystem::temp_directory_path() / "logistics-test-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) Fail("cannot make " + path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::Write(const std::string& name, const std::string& text) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path) << text;
  return path;
}

Process::Process(const Command& command)
    : name_(std::filesystem::path(command.args.at(0)).filename()), may_end_(command.may_end) {
  std::vector<std::string> args = command.args;
  std::vector<std::string> environment = EnvironmentOf(command);
  const std::vector<char*> argv = Pointers(args);
  const std::vector<char*> envp = Pointers(environment);
  const int out = OpenForWriting(folder_.path() + "/stdout");
  const int err = OpenForWriting(folder_.path() + "/stderr");
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {  // from here to exec only what is safe in the child of a process with threads
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    if (::chdir(folder_.path().c_str()) == 0) ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in);
  ::close(out);
  ::close(err);
  if (pid_ < 0) Fail("cannot start " + command.args[0]);
}

Process::~Process() {
  Kill();
  const std::string log = Log();
  for (const char* const report : kSanitizerReports) {
    EXPECT_EQ(log.find(report), std::string::npos)
        << name_ << " (pid " << pid_ << "): " << log.substr(std::min(log.find(report), log.size()), kReportBytes);
  }
  if (testing::Test::HasFailure() || std::uncaught_exceptions() > 0) {
    std::cerr << "-- the end of what " << name_ << " (pid " << pid_ << ") logged:\n"
              << Tail(Output()) << Tail(Log()) << "\n";
  }
}

std::string Process::Output() const { return ReadFile(folder_.path() + "/stdout"); }
std::string Process::Log() const { return ReadFile(folder_.path() + "/stderr"); }

void Process::Signal(int number) const {
  // A pid that was waited for may be somebody else's by now.
  if (!ending_ && ::kill(pid_, number) != 0) Fail("cannot signal " + name_);
}

void Process::Stop() const {
  Signal(SIGSTOP);
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT) != 0) Fail("waiting for a stop");
}

void Process::Continue() const { Signal(SIGCONT); }

void Process::Kill() {
  if (Reap(absl::ZeroDuration())) {
    EXPECT_TRUE(may_end_) << name_ << " (pid " << pid_ << ") ended by itself: exit code " << ending_->exit_code
                          << ", signal " << ending_->signal;
    may_end_ = true;  // said once
    return;
  }
  may_end_ = true;
  Signal(SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  ending_ = Ending{-1, SIGKILL};
}

std::optional<Ending> Process::Wait(absl::Duration timeout) {
  if (Reap(timeout)) may_end_ = true;
  return ending_;
}

std::optional<Ending> Process::Reap(absl::Duration timeout) {
  fakes::Eventually(
      [this] {
        if (ending_) return true;
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
        ending_ = WIFEXITED(status) ? Ending{WEXITSTATUS(status), 0} : Ending{-1, WTERMSIG(status)};
        return true;
      },
      timeout);
  return ending_;
}

Finished RunToEnd(const Command& command, absl::Duration timeout) {
  Process process(command);
  const std::optional<Ending> ending = process.Wait(timeout);
  return {ending ? ending->exit_code : -1, process.Output(), process.Log()};
}

}  // namespace logistics::support
