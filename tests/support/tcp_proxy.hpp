#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace logistics::support {

// Stands between a client and a server on loopback and misbehaves on demand. Thread-safe.
class TcpProxy {
 public:
  enum class Mode {
    kForward,
    kRefuse,  // connections are closed as soon as they are made, those that exist at once
    kStall,   // nothing is read any more from either side
    // Connections made from now on are AMQP, and the client gets no publisher confirm while this mode lasts.
    kNoConfirms,
  };

  TcpProxy(std::string target_host, int target_port, Mode mode = Mode::kForward);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }
  void SetMode(Mode mode);
  // Sends these bytes to every client, as if the server had.
  void InjectToClients(const std::string& bytes);

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool amqp = false;   // the server's frames are looked at
    std::string frames;  // of the server, not complete yet
  };

  void Run();
  void Accept();
  static bool Forward(int from, int to);
  bool ForwardFrames(Pair& pair) const;
  void CloseAll();
  void Nudge() const;

  const std::string target_host_;
  const int target_port_;
  int listener_ = -1;
  int wake_ = -1;
  int port_ = 0;
  std::atomic<Mode> mode_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::string injected_;   // guarded by mutex_
  std::list<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

}  // namespace logistics::support
