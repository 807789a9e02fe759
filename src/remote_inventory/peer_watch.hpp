#pragma once

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "inventory.grpc.pb.h"
#include "logistics/ports/health.hpp"
#include "logistics/ports/metrics.hpp"
#include "remote_inventory/circuit_breaker.hpp"
#include "remote_inventory/peer_caller.hpp"

namespace logistics::remote_inventory {

// Keeps the channel connecting and reports health component "inventory": up when the peer answers, degraded with the
// reason when there is no connection, the peer is the wrong one, or the breaker is not closed. Asks the peer a small
// question after each connect and when the breaker wants a probe, so that no order has to find out.
// Metric: logistics_inventory_connected.
class PeerWatch {
 public:
  // References outlive the watch. `display` is the peer's URL.
  PeerWatch(std::string display, bool gzip, std::shared_ptr<grpc::Channel> channel, PeerCaller& caller,
            ports::HealthReporter& health, ports::Metrics& metrics);
  // The caller has cancelled its calls: the watch's question must not hold up the stop.
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  // Reports at once, then from a thread of its own. Once.
  void Start();
  // Ends the thread, within kStateWait and what its question takes.
  void Stop();

 private:
  static constexpr absl::Duration kStateWait = absl::Milliseconds(200);
  static constexpr absl::Duration kWrongPeerAskedAgain = absl::Seconds(10);
  static constexpr absl::Duration kWhyAskedAgain = absl::Seconds(10);

  void Run();
  void Ask();
  // Learns why there is no connection: only the error of a failing call says so.
  void AskWhy();
  void Report(grpc_connectivity_state state);
  std::string Trouble(grpc_connectivity_state state) const;

  const std::string display_;
  const bool gzip_;
  const std::shared_ptr<grpc::Channel> channel_;
  PeerCaller& caller_;
  ports::HealthReporter& health_;
  ports::Gauge& connected_;
  const std::unique_ptr<::inventory::InventoryService::Stub> stub_;
  std::atomic<bool> stopping_{false};

  // The thread's, and Start's before there is one.
  bool answered_ = false;  // since the connection was made
  absl::Time asked_at_ = absl::InfinitePast();
  absl::Time why_at_ = absl::InfinitePast();
  std::string why_;  // there is no connection; empty = not known
  std::string reported_ = "nothing yet";

  std::jthread thread_;
};

}  // namespace logistics::remote_inventory
