#include "integration/storage/commit_cutter.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "support/loopback.hpp"

namespace logistics::storage {
namespace {

using support::SendAll;

// ReadyForQuery (Postgres manual, chapter 55.7): 'Z', the length 5, the state of the transaction.
constexpr std::string_view kReady("Z\0\0\0\5", 5);

bool IsWhole(std::string_view answer) {
  return answer.size() > kReady.size() && answer.substr(answer.size() - kReady.size() - 1, kReady.size()) == kReady;
}

// An ErrorResponse with SQLSTATE 08007, then ReadyForQuery outside of a transaction.
std::string OutcomeUnknown() {
  // Each field ends with a zero byte, and so does their list (the literal's own).
  static constexpr char kFields[] = "SERROR\0VERROR\0C08007\0Mthe outcome of the transaction is not known\0";
  const std::string fields(kFields, sizeof kFields);
  std::string message = "E";
  const auto length = static_cast<std::uint32_t>(fields.size() + 4);
  for (int shift = 24; shift >= 0; shift -= 8) message += static_cast<char>((length >> shift) & 0xFF);
  return message + fields + std::string(kReady) + "I";
}

std::optional<std::string> Receive(int fd) {
  std::array<char, 65'536> buffer{};
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace

CommitCutter::CommitCutter(const std::string& url) {
  const std::size_t host = url.find('@') + 1;
  const std::size_t colon = url.find(':', host);
  const std::size_t path = url.find('/', host);
  host_ = url.substr(host, colon - host);
  server_port_ = std::stoi(url.substr(colon + 1, path - colon - 1));

  const support::Listener listener = support::ListenOnLoopback();
  listener_ = listener.fd;
  url_ = url.substr(0, host) + "127.0.0.1:" + std::to_string(listener.port) + url.substr(path) +
         (url.find('?') == std::string::npos ? "?" : "&") + "sslmode=disable&gssencmode=disable";
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { Run(); });
}

CommitCutter::~CommitCutter() {
  stop_ = true;
  ::eventfd_write(wake_, 1);
  thread_.join();
  for (Pair& pair : pairs_) Close(pair);
  ::close(listener_);
  ::close(wake_);
}

void CommitCutter::Add(Rule rule) {
  const std::lock_guard lock(mutex_);
  rules_.push_back(std::move(rule));
}

void CommitCutter::Close(Pair& pair) const {
  for (int* fd : {&pair.client, &pair.server}) {
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
  }
}

void CommitCutter::CutOff(Pair& pair) {
  to_refuse_ = refuse_after_cut_.exchange(0);
  Close(pair);
}

void CommitCutter::Accept() {
  Pair pair;
  pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (pair.client < 0) return;
  if (to_refuse_ > 0) {
    --to_refuse_;
    ++refused_;
    return Close(pair);
  }
  pair.server = support::ConnectTo(host_, server_port_);
  if (pair.server < 0) return Close(pair);
  pairs_.push_back(std::move(pair));
}

bool CommitCutter::FromClient(Pair& pair) {
  const std::optional<std::string> message = Receive(pair.client);
  if (!message) return false;
  std::optional<Rule> rule;
  {
    const std::lock_guard lock(mutex_);
    if (!rules_.empty() && message->find(rules_.front().message) != std::string::npos) {
      rule = std::move(rules_.front());
      rules_.pop_front();
    }
  }
  if (!rule) return SendAll(pair.server, *message);
  const auto tell = [before = rule->before_cut] {
    if (before) before();
  };
  if (rule->cut == Cut::kSwallow) {
    tell();
    CutOff(pair);
    return false;
  }
  if (!SendAll(pair.server, *message)) return false;
  switch (rule->cut) {
    case Cut::kSwallow:
      break;
    case Cut::kLeaveAtOnce:
      tell();
      to_refuse_ = refuse_after_cut_.exchange(0);
      ::close(std::exchange(pair.client, -1));
      break;
    case Cut::kLoseAnswer:
      pair.answered = [this, tell](Pair& cut) {
        tell();
        CutOff(cut);
      };
      break;
    case Cut::kAnswerUnknown:
      pair.answered = [tell](Pair& open) {
        tell();
        SendAll(open.client, OutcomeUnknown());
      };
      break;
  }
  return true;
}

bool CommitCutter::FromServer(Pair& pair) {
  const std::optional<std::string> message = Receive(pair.server);
  if (!message) return false;
  if (!pair.answered) return pair.client < 0 || SendAll(pair.client, *message);
  pair.answer += *message;
  if (!IsWhole(pair.answer)) return true;
  pair.answer.clear();
  std::exchange(pair.answered, nullptr)(pair);
  return pair.client >= 0;
}

void CommitCutter::Run() {
  while (!stop_) {
    std::vector<pollfd> fds = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      fds.push_back({pair.client, POLLIN, 0});  // poll skips the negative ones
      fds.push_back({pair.server, POLLIN, 0});
    }
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    std::size_t at = 2;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
      const bool alive = (fds[at].revents == 0 || FromClient(*pair)) && (fds[at + 1].revents == 0 || FromServer(*pair));
      if (!alive) Close(*pair);
      pair = alive ? std::next(pair) : pairs_.erase(pair);
    }
    if (fds[1].revents != 0) Accept();
  }
}

}  // namespace logistics::storage
