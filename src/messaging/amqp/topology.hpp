// The declarations at the broker (contract §3): exchanges with their dead letter exchanges, configured queues and those
// of our consumers with their dead letter queues.
#pragma once

#include <set>
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

// All declarations, in the order in which they must be made. Exchanges are durable topics, queues durable.
struct Topology {
  std::vector<std::string> exchanges;  // each name once
  std::vector<QueueDeclaration> queues;
  std::vector<Binding> bindings;
};

// Pure. Quorum queues have the configured x-delivery-limit and at-least-once dead-lettering, which the broker gives
// only together with x-overflow: reject-publish. Dead letter queues have no limit: their messages wait for an operator.
Topology TopologyOf(const BrokerOptions& options);

// The queue of the payments' consumer: with a single active consumer, so that messages of one order stay in order over
// replicas. Its delivery limit is for handlers that crash the process, and high because unhandled neighbours count too.
QueueOptions PaymentsQueueOf(const BrokerOptions& options);

// One queue with its exchange, its dead letter exchange and queue, and the bindings.
Topology TopologyOf(const QueueOptions& queue);

// The exchange of the dead letters of an exchange (contract §3).
std::string DeadLetterExchange(const std::string& exchange);

// The queue of the dead letters of a queue.
std::string DeadLetterQueueOf(const std::string& queue);

// A declaration that the broker refused: it exists otherwise, or it is missing and our user may not make it.
struct TopologyConflict {
  std::string what;  // "queue order_processing"
  std::string why;   // the broker's words, which name the argument and both values
};

struct Declared {
  std::vector<TopologyConflict> conflicts;
  // Exchanges and queues that are there, but that our user may not declare: their arguments were not compared. Bindings
  // that it may not make: the broker does not show which ones are there.
  std::set<std::string> unchecked;
};

// Makes all declarations, also those after a conflict. A user without the permission looks whether an exchange or a
// queue is there; `declared` of the last call spares it the refusals. Fails only when the connection is lost.
absl::Status Declare(Connection& connection, const Topology& topology, Declared& declared);

}  // namespace logistics::messaging
