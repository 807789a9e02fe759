#pragma once

#include <string>
#include <vector>

#include "logistics/ports/metrics.hpp"

namespace logistics::messaging {

// The instruments of a consumer group and its inbox worker. They are looked up once, so that no count takes the lock of
// the registry.
struct ConsumerMetrics {
  ConsumerMetrics(ports::Metrics& metrics, const std::string& consumer)
      : taken(metrics.GetCounter("logistics_messages_taken_total", "Messages that the broker gave to the consumer",
                                 {{"consumer", consumer}})),
        done(Outcome(metrics, consumer, "done")),
        parked(Outcome(metrics, consumer, "parked")),
        put_off(Outcome(metrics, consumer, "put_off")),
        unavailable(Outcome(metrics, consumer, "away")),
        unknown_type(Outcome(metrics, consumer, "unknown_type")),
        undecodable(DeadLettered(metrics, consumer, "undecodable")),
        oversized(DeadLettered(metrics, consumer, "oversized")),
        refused(DeadLettered(metrics, consumer, "refused")),
        retries_over(DeadLettered(metrics, consumer, "retries_over")),
        handle_seconds(metrics.GetHistogram("logistics_message_handle_seconds", "One try of a handler",
                                            ports::LatencyBounds(), {{"consumer", consumer}})),
        lag_seconds(metrics.GetHistogram("logistics_message_lag_seconds",
                                         "From an event's timestamp to the end of its handling", LagBounds(),
                                         {{"consumer", consumer}})),
        in_hand(metrics.GetGauge("logistics_consumer_in_hand", "Messages taken that no worker has begun",
                                 {{"consumer", consumer}})),
        connected(metrics.GetGauge("logistics_consumer_connected", "1 while the consumer is connected to the broker",
                                   {{"consumer", consumer}})),
        paused(metrics.GetGauge("logistics_consumer_paused", "1 while nothing is handled: the database is unavailable",
                                {{"consumer", consumer}})),
        waiting(metrics.GetGauge("logistics_inbox_waiting", "Messages that wait for a further try, counted to a bound",
                                 {{"consumer", consumer}})),
        oldest_seconds(metrics.GetGauge("logistics_inbox_oldest_seconds", "Age of the oldest message that waits",
                                        {{"consumer", consumer}})) {}

  static ports::Counter& Outcome(ports::Metrics& metrics, const std::string& consumer, const std::string& outcome) {
    return metrics.GetCounter("logistics_messages_handled_total", "Tries to handle a message, by outcome",
                              {{"consumer", consumer}, {"outcome", outcome}});
  }
  static ports::Counter& DeadLettered(ports::Metrics& metrics, const std::string& consumer, const std::string& reason) {
    return metrics.GetCounter("logistics_messages_dead_lettered_total",
                              "Dead letters that the broker confirmed or made itself, and oversized messages "
                              "that stay unacked, by reason",
                              {{"consumer", consumer}, {"reason", reason}});
  }
  static const std::vector<double>& LagBounds() {
    static const std::vector<double> bounds = {0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1'800, 3'600, 86'400};
    return bounds;
  }

  ports::Counter& taken;
  ports::Counter& done;
  ports::Counter& parked;
  ports::Counter& put_off;
  ports::Counter& unavailable;
  ports::Counter& unknown_type;
  ports::Counter& undecodable;
  ports::Counter& oversized;
  ports::Counter& refused;
  ports::Counter& retries_over;
  ports::Histogram& handle_seconds;
  ports::Histogram& lag_seconds;
  ports::Gauge& in_hand;
  ports::Gauge& connected;
  ports::Gauge& paused;
  ports::Gauge& waiting;
  ports::Gauge& oldest_seconds;
};

}  // namespace logistics::messaging
