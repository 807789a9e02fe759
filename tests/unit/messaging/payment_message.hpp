// Payment events as the payment service publishes them.
#pragma once

#include <cstdint>
#include <string>

#include "nlohmann/json.hpp"
#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {

inline domain::OrderId PaidOrder(std::uint64_t order) { return domain::OrderId(UuidOf(order, 3)); }
inline std::string EventId(std::uint64_t number) { return UuidOf(number, 5).ToString(); }

inline nlohmann::json ProcessedEvent(std::uint64_t number, std::uint64_t order, const std::string& amount = "19.99") {
  return {{"id", EventId(number)},
          {"event_type", "PaymentProcessed"},
          {"timestamp", "2026-01-02T03:04:05.678Z"},
          {"version", "1.0"},
          {"data",
           {{"payment_id", UuidOf(number, 6).ToString()},
            {"order_id", PaidOrder(order).ToString()},
            {"amount", amount},
            {"currency", "USD"},
            {"payment_method", "card"},
            {"transaction_id", "tx-1"}}}};
}

inline nlohmann::json FailedEvent(std::uint64_t number, std::uint64_t order) {
  nlohmann::json event = ProcessedEvent(number, order);
  event["event_type"] = "PaymentFailed";
  event["data"].erase("transaction_id");
  event["data"]["payment_id"] = nullptr;
  event["data"]["error_code"] = "card_declined";
  event["data"]["error_message"] = "the card was declined";
  return event;
}

}  // namespace logistics::messaging
