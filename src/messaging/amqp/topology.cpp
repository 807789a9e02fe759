#include "messaging/amqp/topology.hpp"

#include <algorithm>
#include <functional>
#include <utility>

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

// One pass over a topology.
class Declarer {
 public:
  explicit Declarer(const Declared& before) : before_(before) {}

  // `look` finds out without a permission whether `what` is there. An error: the connection is lost.
  absl::Status Make(const std::string& what, const std::function<absl::Status()>& declare,
                    const std::function<absl::Status()>& look) {
    const bool refused_before = before_.unchecked.contains(what);
    absl::Status status = refused_before ? absl::PermissionDeniedError("") : declare();
    if (absl::IsPermissionDenied(status)) {
      const absl::Status there = look();
      if (there.ok()) now_.unchecked.insert(what);
      if (there.ok() || EndsConnection(there)) return there;
      // Gone since the last time: now the refusal is what people have to read.
      if (refused_before) status = declare();
    }
    if (EndsConnection(status)) return status;
    if (!status.ok()) now_.conflicts.push_back({what, std::string(status.message())});
    return absl::OkStatus();
  }

  Declared Take() { return std::move(now_); }

 private:
  const Declared& before_;
  Declared now_;
};

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

absl::Status Declare(Connection& connection, const Topology& topology, Declared& declared) {
  Declarer declarer(declared);
  for (const std::string& exchange : topology.exchanges) {
    const absl::Status status = declarer.Make(
        absl::StrCat("exchange ", exchange), [&] { return connection.DeclareTopicExchange(exchange); },
        [&] { return connection.LookForExchange(exchange); });
    if (!status.ok()) return status;
  }
  for (const QueueDeclaration& queue : topology.queues) {
    const absl::Status status = declarer.Make(
        absl::StrCat("queue ", queue.name), [&] { return connection.DeclareQueue(queue.name, queue.arguments); },
        [&] { return connection.CountMessages(queue.name).status(); });
    if (!status.ok()) return status;
  }
  for (const Binding& binding : topology.bindings) {
    const absl::Status status = declarer.Make(
        absl::StrCat("binding of queue ", binding.queue, " to exchange ", binding.exchange, " on ",
                     binding.routing_key),
        [&] { return connection.BindQueue(binding.queue, binding.exchange, binding.routing_key); },
        [] { return absl::OkStatus(); });
    if (!status.ok()) return status;
  }
  declared = declarer.Take();
  return absl::OkStatus();
}

}  // namespace logistics::messaging
