#pragma once

#include <compare>
#include <string>
#include <utility>

#include "logistics/domain/event.hpp"
#include "logistics/ports/outbox.hpp"

namespace logistics::messaging {

// The events of one order, or of one product, on one stream keep their order.
struct OrderingId {
  domain::EventStream stream = domain::EventStream::kOrder;
  bool of_product = false;
  domain::Uuid id;

  friend bool operator==(const OrderingId&, const OrderingId&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const OrderingId& key) {
    return H::combine(std::move(state), key.stream, key.of_product, key.id);
  }
};

inline OrderingId OrderingIdOf(const ports::OutboxMessage& message) {
  const domain::OrderingKey& key = message.ordering_key;
  if (key.order_id) return {message.stream, false, key.order_id->uuid()};
  return {message.stream, true, key.product_id ? key.product_id->uuid() : domain::Uuid()};
}

// The stream and the routing key decide which queues a message reaches.
struct Route {
  domain::EventStream stream = domain::EventStream::kOrder;
  std::string routing_key;
  friend auto operator<=>(const Route&, const Route&) = default;
};

inline Route RouteOf(const ports::OutboxMessage& message) { return {message.stream, message.routing_key}; }

}  // namespace logistics::messaging
