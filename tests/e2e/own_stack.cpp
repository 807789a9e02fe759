#include "e2e/own_stack.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>

namespace logistics::e2e {
namespace {

constexpr char kScript[] = LOGISTICS_SOURCE_DIR "/scripts/stack";
constexpr absl::Duration kScriptTimeout = absl::Minutes(3);

}  // namespace

OwnStack::OwnStack() {
  if (const char* shared = ::getenv("LOGISTICS_TEST_OWN_STACK"); shared != nullptr) {
    dir_ = shared;
    Must({"up"});
    UseEnvironment(Must({"env"}));
    return;
  }
  dir_ = (std::string(::getenv("TMPDIR") != nullptr ? ::getenv("TMPDIR") : "/tmp")) + "/logistics-stack-XXXXXX";
  if (::mkdtemp(dir_.data()) == nullptr) throw std::runtime_error("cannot make " + dir_);
  StartGuard();
  Must({"up"});
  UseEnvironment(Must({"env"}));
}

OwnStack::~OwnStack() {
  for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
  if (guard_in_ < 0) return;
  ::close(guard_in_);
  char byte = 0;
  while (::read(guard_out_, &byte, 1) > 0) continue;
  ::close(guard_out_);
}

// A shell that waits for the end of its input. It belongs to nobody (setsid --fork), so that it also survives those who
// kill a test with all its children.
void OwnStack::StartGuard() {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
  const std::string script = std::string("cat >&2; exec ") + kScript + " down --purge --dir '" + dir_ + "' >&2";
  const pid_t pid = ::fork();
  if (pid == 0) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDERR_FILENO);
    ::execlp("setsid", "setsid", "--fork", "sh", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  const bool started = pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
  ::close(in[0]);
  ::close(out[1]);
  guard_in_ = in[1];
  guard_out_ = out[0];
  if (!started) throw std::runtime_error("cannot start the guard of a private stack (setsid)");
}

std::string OwnStack::Must(std::vector<std::string> args) const {
  std::vector<std::string> command = {kScript};
  command.insert(command.end(), args.begin(), args.end());
  command.insert(command.end(), {"--dir", dir_});
  std::map<std::string, std::string> environment;
  if (const char* programs = ::getenv("PG_BIN"); programs != nullptr) environment["PG_BIN"] = programs;
  const support::Finished finished = support::RunToEnd({command, environment}, kScriptTimeout);
  if (finished.exit_code != 0) {
    throw std::runtime_error("scripts/stack " + args.front() + " failed: " + finished.out + finished.err);
  }
  return finished.out;
}

// Lines of the form: export NAME='value'
void OwnStack::UseEnvironment(const std::string& exports) {
  std::istringstream lines(exports);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (line.rfind("export LOGISTICS_TEST_", 0) != 0 || equals == std::string::npos) continue;
    const std::string name = line.substr(7, equals - 7);
    const char* const before = ::getenv(name.c_str());
    before_.emplace_back(name, before == nullptr ? "" : before);
    ::setenv(name.c_str(), line.substr(equals + 2, line.size() - equals - 3).c_str(), 1);
  }
}

}  // namespace logistics::e2e
