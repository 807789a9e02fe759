#include "messaging/amqp/topology.hpp"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/errors.hpp"

namespace logistics::messaging {
namespace {

void AddOnce(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

Arguments ArgumentsOf(const QueueOptions& queue) {
  Arguments arguments = {
      {"x-dead-letter-exchange", DeadLetterExchange(queue.exchange)},
      {"x-dead-letter-routing-key", queue.name},
      {"x-overflow", "reject-publish"},
  };
  if (queue.type == QueueType::kQuorum) {
    arguments.emplace("x-queue-type", "quorum");
    arguments.emplace("x-dead-letter-strategy", "at-least-once");
    if (queue.delivery_limit > 0) arguments.emplace("x-delivery-limit", std::int64_t{queue.delivery_limit});
  }
  if (queue.max_length > 0) arguments.emplace("x-max-length", queue.max_length);
  if (queue.single_active_consumer) arguments.emplace("x-single-active-consumer", true);
  return arguments;
}

Arguments DeadLetterArgumentsOf(const QueueOptions& queue) {
  if (queue.type == QueueType::kQuorum) return {{"x-queue-type", "quorum"}};
  return {};
}

void AddQueue(const QueueOptions& queue, Topology& topology) {
  AddOnce(topology.exchanges, queue.exchange);
  AddOnce(topology.exchanges, DeadLetterExchange(queue.exchange));
  // The dead letter queue first: dead letters have a place as soon as their queue exists.
  topology.queues.push_back({DeadLetterQueueOf(queue.name), DeadLetterArgumentsOf(queue)});
  topology.bindings.push_back({DeadLetterQueueOf(queue.name), DeadLetterExchange(queue.exchange), queue.name});
  topology.queues.push_back({queue.name, ArgumentsOf(queue)});
  for (const std::string& key : queue.routing_keys) topology.bindings.push_back({queue.name, queue.exchange, key});
}

// True when the declaration went through or was a conflict; false when the connection is lost.
bool Note(const absl::Status& status, const std::string& what, std::vector<TopologyConflict>& conflicts) {
  if (status.ok()) return true;
  if (EndsConnection(status)) return false;
  conflicts.push_back({what, std::string(status.message())});
  return true;
}

}  // namespace

std::string DeadLetterExchange(const std::string& exchange) { return absl::StrCat(exchange, ".dlx"); }

std::string DeadLetterQueueOf(const std::string& queue) { return absl::StrCat(queue, ".dlq"); }

Topology TopologyOf(const BrokerOptions& options) {
  Topology topology;
  for (const std::string& exchange :
       {options.order_exchange, options.inventory_exchange, options.shipment_exchange, options.payment_exchange}) {
    AddOnce(topology.exchanges, exchange);
    AddOnce(topology.exchanges, DeadLetterExchange(exchange));
  }
  for (const QueueOptions& queue : options.queues) AddQueue(queue, topology);
  if (options.payments.enabled) AddQueue(PaymentsQueueOf(options), topology);
  return topology;
}

QueueOptions PaymentsQueueOf(const BrokerOptions& options) {
  QueueOptions queue;
  queue.name = options.payments.queue;
  queue.exchange = options.payment_exchange;
  queue.routing_keys = options.payments.routing_keys;
  queue.single_active_consumer = true;
  return queue;
}

Topology TopologyOf(const QueueOptions& queue) {
  Topology topology;
  AddQueue(queue, topology);
  return topology;
}

absl::Status Declare(Connection& connection, const Topology& topology, std::vector<TopologyConflict>& conflicts) {
  for (const std::string& exchange : topology.exchanges) {
    const absl::Status status = connection.DeclareTopicExchange(exchange);
    if (!Note(status, absl::StrCat("exchange ", exchange), conflicts)) return status;
  }
  for (const QueueDeclaration& queue : topology.queues) {
    const absl::Status status = connection.DeclareQueue(queue.name, queue.arguments);
    if (!Note(status, absl::StrCat("queue ", queue.name), conflicts)) return status;
  }
  for (const Binding& binding : topology.bindings) {
    const absl::Status status = connection.BindQueue(binding.queue, binding.exchange, binding.routing_key);
    if (!Note(status, absl::StrCat("binding of queue ", binding.queue), conflicts)) return status;
  }
  return absl::OkStatus();
}

}  // namespace logistics::messaging
