#include "storage/stores/postgres_payment_store.hpp"

#include "absl/strings/str_cat.h"
#include "storage/postgres/errors.hpp"

namespace logistics::storage {

absl::StatusOr<ports::PaymentResult> PostgresPaymentStore::Apply(const domain::PaymentNotice& notice,
                                                                 const ports::InboxEntry& entry,
                                                                 const ports::CallContext& context) {
  auto result = RunWrite(writes_, commands::ApplyPayment{notice, entry}, context);
  // The message waits until the order is free; messages of other orders need not.
  if (IsBusy(result.status())) {
    return absl::AbortedError(absl::StrCat("order ", notice.order_id.ToString(), " is busy"));
  }
  return result;
}

}  // namespace logistics::storage
