#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "logistics/ports/outbox.hpp"

namespace logistics::messaging {

inline domain::Uuid UuidOf(std::uint64_t number, std::uint8_t kind) {
  domain::Uuid::Bytes bytes{};
  bytes[0] = kind;
  for (std::size_t i = domain::Uuid::kBytes; i > 8; --i, number >>= 8) bytes[i - 1] = static_cast<std::uint8_t>(number);
  return domain::Uuid(bytes);
}

// The message at `number` of the outbox, of order `key`.
inline ports::OutboxMessage MessageAt(std::int64_t number, std::uint64_t key,
                                      domain::EventStream stream = domain::EventStream::kOrder) {
  ports::OutboxMessage message;
  message.position = {number, 0};
  message.batch_id = UuidOf(static_cast<std::uint64_t>(number), 1);
  message.message_id = UuidOf(static_cast<std::uint64_t>(number), 2);
  message.stream = stream;
  message.routing_key = "order.created";
  message.event_type = "OrderCreated";
  message.body = "{}";
  message.ordering_key.order_id = domain::OrderId(UuidOf(key, 3));
  return message;
}

}  // namespace logistics::messaging
