#pragma once

#include <string>
#include <string_view>

#include "logistics/ports/metrics.hpp"

namespace logistics::messaging {

// The metrics of the relay, looked up once: the instruments themselves take no lock of the registry.
struct RelayMetrics {
  explicit RelayMetrics(ports::Metrics& metrics)
      : registry(metrics),
        confirmed(metrics.GetCounter("logistics_publish_total", kPublishHelp, {{"result", "confirmed"}})),
        nacked(metrics.GetCounter("logistics_publish_total", kPublishHelp, {{"result", "nacked"}})),
        returned(metrics.GetCounter("logistics_publish_total", kPublishHelp, {{"result", "returned"}})),
        confirm_seconds(metrics.GetHistogram("logistics_publish_confirm_seconds",
                                             "From a publication to the broker's confirm", ports::LatencyBounds())),
        leader(metrics.GetGauge("logistics_relay_leader", "1 while this replica is the relay")),
        connected(metrics.GetGauge("logistics_broker_connected", "1 while there is a connection to the broker")),
        blocked(metrics.GetGauge("logistics_broker_blocked", "1 while the broker blocks publishers (an alarm)")),
        reconnects(metrics.GetCounter("logistics_broker_reconnects_total", "Connections made after the first")),
        conflicts(metrics.GetGauge("logistics_topology_conflicts",
                                   "Exchanges, queues and bindings that exist otherwise or may not be declared")) {}

  static constexpr const char* kPublishHelp = "Publications by the answer of the broker";

  // Refusals are rare enough for a look-up, and the routing keys are few.
  ports::Counter& Refused(const std::string& result, std::string_view exchange, const std::string& routing_key) {
    return registry.GetCounter(
        "logistics_publish_refused_total",
        "Publications that a queue refused (nacked), or that no queue took: returned and kept, or dropped",
        {{"result", result}, {"exchange", std::string(exchange)}, {"routing_key", routing_key}});
  }

  ports::Metrics& registry;
  ports::Counter& confirmed;
  ports::Counter& nacked;
  ports::Counter& returned;
  ports::Histogram& confirm_seconds;
  ports::Gauge& leader;
  ports::Gauge& connected;
  ports::Gauge& blocked;
  ports::Counter& reconnects;
  ports::Gauge& conflicts;
};

}  // namespace logistics::messaging
