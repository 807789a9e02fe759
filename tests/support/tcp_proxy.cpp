#include "support/tcp_proxy.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/loopback.hpp"

namespace logistics::support {

TcpProxy::TcpProxy(std::string target_host, int target_port, Mode mode)
    : target_host_(std::move(target_host)), target_port_(target_port), mode_(mode) {
  const Listener listener = ListenOnLoopback();
  listener_ = listener.fd;
  port_ = listener.port;
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { Run(); });
}

TcpProxy::~TcpProxy() {
  stop_ = true;
  Nudge();
  thread_.join();
  CloseAll();
  ::close(listener_);
  ::close(wake_);
}

void TcpProxy::SetMode(Mode mode) {
  mode_ = mode;
  Nudge();
}

void TcpProxy::InjectToClients(const std::string& bytes) {
  {
    const std::scoped_lock lock(mutex_);
    injected_ += bytes;
  }
  Nudge();
}

void TcpProxy::Nudge() const { [[maybe_unused]] const int result = ::eventfd_write(wake_, 1); }

void TcpProxy::CloseAll() {
  for (const Pair& pair : pairs_) {
    ::close(pair.client);
    ::close(pair.server);
  }
  pairs_.clear();
}

void TcpProxy::Accept() {
  Pair pair;
  pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (pair.client < 0) return;
  if (mode_ != Mode::kRefuse) pair.server = ConnectTo(target_host_, target_port_);
  if (pair.server < 0) {
    ::close(pair.client);
    return;
  }
  pair.amqp = mode_ == Mode::kNoConfirms;
  pairs_.push_back(pair);
}

bool TcpProxy::Forward(int from, int to) {
  std::array<char, 65'536> buffer{};
  const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
  return size > 0 && SendAll(to, {buffer.data(), static_cast<std::size_t>(size)});
}

bool TcpProxy::ForwardFrames(Pair& pair) const {
  // AMQP 0-9-1 §2.3.5: type, channel, size, payload, end. §2.3.5.1: a method's payload begins with class and method.
  constexpr std::size_t kHeaderBytes = 7;
  constexpr std::size_t kEndBytes = 1;
  constexpr char kMethodFrame = 1;
  constexpr std::uint8_t kBasic = 60;
  constexpr std::uint8_t kAck = 80;
  constexpr std::uint8_t kNack = 120;
  std::array<char, 65'536> buffer{};
  const ssize_t received = ::recv(pair.server, buffer.data(), buffer.size(), 0);
  if (received <= 0) return false;
  pair.frames.append(buffer.data(), static_cast<std::size_t>(received));
  const auto byte = [&pair](std::size_t at) { return static_cast<std::uint8_t>(pair.frames[at]); };
  std::string forwarded;
  while (pair.frames.size() >= kHeaderBytes) {
    std::size_t payload = 0;
    for (std::size_t i = 3; i < kHeaderBytes; ++i) payload = payload << 8 | byte(i);
    const std::size_t size = kHeaderBytes + payload + kEndBytes;
    if (pair.frames.size() < size) break;
    const bool confirm = pair.frames[0] == kMethodFrame && payload >= 4 && byte(kHeaderBytes + 1) == kBasic &&
                         (byte(kHeaderBytes + 3) == kAck || byte(kHeaderBytes + 3) == kNack);
    if (!confirm || mode_ != Mode::kNoConfirms) forwarded += pair.frames.substr(0, size);
    pair.frames.erase(0, size);
  }
  return SendAll(pair.client, forwarded);
}

void TcpProxy::Run() {
  while (!stop_) {
    const Mode mode = mode_;
    std::vector<pollfd> fds = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    const bool forwards = mode == Mode::kForward || mode == Mode::kNoConfirms;
    if (forwards) {
      for (const Pair& pair : pairs_) {
        fds.push_back({pair.client, POLLIN, 0});
        fds.push_back({pair.server, POLLIN, 0});
      }
    }
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    eventfd_t ignored = 0;
    if (fds[0].revents != 0) ::eventfd_read(wake_, &ignored);
    if (mode_ == Mode::kRefuse) CloseAll();
    if (forwards && (mode_ == Mode::kForward || mode_ == Mode::kNoConfirms)) {
      std::size_t at = 2;
      for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
        const bool alive =
            (fds[at].revents == 0 || Forward(pair->client, pair->server)) &&
            (fds[at + 1].revents == 0 || (pair->amqp ? ForwardFrames(*pair) : Forward(pair->server, pair->client)));
        if (!alive) {
          ::close(pair->client);
          ::close(pair->server);
        }
        pair = alive ? std::next(pair) : pairs_.erase(pair);
      }
    }
    std::string injected;
    {
      const std::scoped_lock lock(mutex_);
      injected = std::exchange(injected_, "");
    }
    for (const Pair& pair : pairs_) SendAll(pair.client, injected);
    if (fds[1].revents != 0) Accept();
  }
}

}  // namespace logistics::support
