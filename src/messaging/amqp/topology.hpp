// What we declare at the broker (contract §3): exchanges, their dead letter exchanges, the configured queues and those
// of our consumers with their dead letter queues.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/options.hpp"

namespace logistics::messaging {

struct QueueDeclaration {
  std::string name;
  Arguments arguments;
};

struct Binding {
  std::string queue;
  std::string exchange;
  std::string routing_key;
};

// Everything, in the order in which it must be declared. Exchanges are durable topics, queues durable.
struct Topology {
  std::vector<std::string> exchanges;  // each name once
  std::vector<QueueDeclaration> queues;
  std::vector<Binding> bindings;
};

// Pure. Quorum queues: x-delivery-limit when one is asked for, dead-lettering at-least-once, which the broker gives
// only together with x-overflow: reject-publish. Dead letter queues have no delivery limit and no length limit: what
// lies there waits for a person.
Topology TopologyOf(const BrokerOptions& options);

// The queue of the payments' consumer: single active consumer, so that messages of one order stay in order over
// replicas; a delivery limit for handlers that crash the process, high because unhandled neighbours count too.
QueueOptions PaymentsQueueOf(const BrokerOptions& options);

// What a queue alone needs: its exchange, its dead letter exchange and queue, itself, the bindings.
Topology TopologyOf(const QueueOptions& queue);

// Contract §3: where dead letters of an exchange go.
std::string DeadLetterExchange(const std::string& exchange);

// Where those of a queue lie.
std::string DeadLetterQueueOf(const std::string& queue);

// Something of ours exists otherwise, or we may not declare it.
struct TopologyConflict {
  std::string what;  // "queue order_processing"
  std::string why;   // the broker's words, which name the argument and both values
};

// Declares all of it, also behind a conflict. Fails only when the connection is lost.
absl::Status Declare(Connection& connection, const Topology& topology, std::vector<TopologyConflict>& conflicts);

}  // namespace logistics::messaging
