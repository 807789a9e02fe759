#pragma once

#include <string>
#include <vector>

#include "logistics/ports/metrics.hpp"

namespace logistics::messaging {

// What a consumer group and its inbox worker count. Looked up once: the instruments take no lock of the registry.
struct ConsumerMetrics {
  ConsumerMetrics(ports::Metrics& metrics, const std::string& consumer)
      : taken(metrics.GetCounter("logistics_messages_taken_total", "Messages that the broker gave to the consumer",
                                 {{"consumer", consumer}})),
        done(Outcome(metrics, consumer, "done")),
        parked(Outcome(metrics, consumer, "parked")),
        put_off(Outcome(metrics, consumer, "put_off")),
        away(Outcome(metrics, consumer, "away")),
        unknown_type(Outcome(metrics, consumer, "unknown_type")),
        undecodable(DeadLettered(metrics, consumer, "undecodable")),
        refused(DeadLettered(metrics, consumer, "refused")),
        retries_over(DeadLettered(metrics, consumer, "retries_over")),
        handle_seconds(metrics.GetHistogram("logistics_message_handle_seconds", "One try of a handler",
                                            ports::LatencyBounds(), {{"consumer", consumer}})),
        lag_seconds(metrics.GetHistogram("logistics_message_lag_seconds",
                                         "From an event's timestamp to the end of its handling", LagBounds(),
                                         {{"consumer", consumer}})),
        in_hand(metrics.GetGauge("logistics_consumer_in_hand", "Messages taken that no worker has begun with",
                                 {{"consumer", consumer}})),
        connected(metrics.GetGauge("logistics_consumer_connected", "1 while the consumer is connected to the broker",
                                   {{"consumer", consumer}})),
        paused(metrics.GetGauge("logistics_consumer_paused", "1 while nothing is handled: the database is away",
                                {{"consumer", consumer}})),
        waiting(metrics.GetGauge("logistics_inbox_waiting",
                                 "Messages that wait to be tried again, as far as they are counted",
                                 {{"consumer", consumer}})),
        oldest_seconds(metrics.GetGauge("logistics_inbox_oldest_seconds", "Age of the oldest message that waits",
                                        {{"consumer", consumer}})) {}

  static ports::Counter& Outcome(ports::Metrics& metrics, const std::string& consumer, const std::string& outcome) {
    return metrics.GetCounter("logistics_messages_handled_total", "Tries to handle a message by what became of it",
                              {{"consumer", consumer}, {"outcome", outcome}});
  }
  static ports::Counter& DeadLettered(ports::Metrics& metrics, const std::string& consumer, const std::string& reason) {
    return metrics.GetCounter("logistics_messages_dead_lettered_total",
                              "Dead letters that the broker confirmed, by reason",
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
  ports::Counter& away;
  ports::Counter& unknown_type;
  ports::Counter& undecodable;
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
