// logistics-engine as its users meet it: the built binary, its ports, its log.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "inventory.grpc.pb.h"
#include "order.grpc.pb.h"
#include "support/process.hpp"

namespace logistics::e2e {

// Long enough for a busy machine and a build with sanitizers; nothing waits for it to pass.
inline constexpr absl::Duration kPatience = absl::Seconds(60);

using Flags = std::map<std::string, std::string>;  // "database-queue-max" -> "1"

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
};

// A channel on a connection of its own, so that a restarted daemon on another port, or a frozen one, is nobody else's
// trouble.
std::shared_ptr<grpc::Channel> Connect(const std::string& address, grpc::ChannelArguments arguments = {});

// The command of a daemon that listens on free loopback ports; what may not be in the environment twice is a flag.
support::Command ServeCommand(const std::string& database_url, const std::string& broker_url, const Flags& flags = {});

// A running `logistics-engine serve`. To be made by the test's own thread; the calls are thread-safe.
class Daemon {
 public:
  // Starts it and waits for nothing.
  explicit Daemon(const support::Command& command) : process_(command) {}
  Daemon(const std::string& database_url, const std::string& broker_url, const Flags& flags = {})
      : Daemon(ServeCommand(database_url, broker_url, flags)) {}

  support::Process& process() { return process_; }
  // The log, and behind it what else the process wrote.
  std::string Log() const { return process_.Output() + process_.Log(); }

  // An orderly end, with exit code 0: that is also when leaks show. Nothing where a test has ended it.
  void Stop();

  // Waits until its log says so; throws where it ends before, or takes too long.
  void WaitForLog(const std::string& text);
  // Until /readyz answers 200 and gRPC is served. Connects the stubs.
  void WaitUntilReady();
  // The same, and the broker is reached: what is published from now on finds its queues.
  void WaitUntilPublishing();

  HttpAnswer Get(const std::string& path);
  // The value of one sample of /metrics, named as it stands there; NaN, which equals nothing, when it is not there.
  double Metric(const std::string& name_and_labels);
  bool leads() { return Metric("logistics_relay_leader") == 1; }

  // After WaitUntilReady.
  order::OrderService::Stub& orders() { return *orders_; }
  inventory::InventoryService::Stub& inventory() { return *inventory_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // Of gRPC; waits until it is known.
  int port();
  std::string address() { return "127.0.0.1:" + std::to_string(port()); }

 private:
  // From the log: the daemon was asked for any free ports.
  std::optional<int> PortAfter(const std::string& words) const;

  support::Process process_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<order::OrderService::Stub> orders_;
  std::unique_ptr<inventory::InventoryService::Stub> inventory_;
};

}  // namespace logistics::e2e
