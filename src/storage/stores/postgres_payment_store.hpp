#pragma once

#include "logistics/ports/payment_store.hpp"
#include "storage/batch/write_batch.hpp"

namespace logistics::storage {

// Payments in Postgres, written in the batches of all other changes; the batcher outlives the store.
class PostgresPaymentStore final : public ports::PaymentStore {
 public:
  explicit PostgresPaymentStore(WriteBatcher& writes) : writes_(writes) {}

  absl::StatusOr<ports::PaymentResult> Apply(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                                             const ports::CallContext& context) override;

 private:
  WriteBatcher& writes_;
};

}  // namespace logistics::storage
