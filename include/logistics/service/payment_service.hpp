#pragma once

#include "logistics/ports/message_handler.hpp"
#include "logistics/ports/payment_store.hpp"

namespace logistics::service {

// Acts on the messages of the payment service: applies a payment by the store and decides the message's outcome.
//   done, or done before                                        kDone
//   NOT_FOUND, ABORTED                                          kRetryLater: the order, or the message's turn, may come
//   UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED,
//   CANCELLED                                                   kUnavailable: says nothing of the message
//   all else, INVALID_ARGUMENT and FAILED_PRECONDITION          kReject: a repetition would fail too
// Reasons are for people: the facts, and what to do. Thread-safe; `payments` outlives it.
class PaymentService final : public ports::PaymentHandler {
 public:
  explicit PaymentService(ports::PaymentStore& payments) : payments_(payments) {}

  ports::Handling Handle(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                         const ports::CallContext& context) override;

 private:
  ports::PaymentStore& payments_;
};

}  // namespace logistics::service
