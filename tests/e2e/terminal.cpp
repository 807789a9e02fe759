#include "e2e/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace logistics::e2e {

int AnswerAtTerminal(const support::Command& command, const std::string& question, const std::string& answer) {
  std::vector<std::string> texts = command.args;
  for (const auto& [name, value] : command.env) texts.push_back(name + "=" + value);
  std::vector<char*> args;
  for (std::size_t i = 0; i < command.args.size(); ++i) args.push_back(texts[i].data());
  args.push_back(nullptr);
  std::vector<char*> env;
  for (std::size_t i = command.args.size(); i < texts.size(); ++i) env.push_back(texts[i].data());
  env.push_back(nullptr);
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execve(args[0], args.data(), env.data());
    ::_exit(127);
  }
  std::string text;
  bool answered = false;
  pollfd readable = {terminal, POLLIN, 0};
  for (char part[512]; ::poll(&readable, 1, 30'000) > 0;) {
    const ssize_t size = ::read(terminal, part, sizeof part);
    if (size <= 0) break;  // EIO: it has ended
    text.append(part, static_cast<std::size_t>(size));
    if (answered || text.find(question) == std::string::npos) continue;
    answered = ::write(terminal, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
  }
  ::close(terminal);  // one that waits yet is hung up
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace logistics::e2e
