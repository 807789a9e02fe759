#pragma once

#include <string>

#include "absl/time/time.h"
#include "logistics/domain/order_change.hpp"

namespace logistics::storage {

// How old rows become before they are deleted (retention.hpp); zero: they are kept.
struct RetentionOptions {
  absl::Duration commits;
  absl::Duration order_status_history;
  absl::Duration stock_movements;
  absl::Duration payments;
  absl::Duration reservations;

  bool any() const {
    return commits + order_status_history + stock_movements + payments + reservations > absl::ZeroDuration();
  }
};

// How the database is reached and used. Defaults are those of config/logistics-engine.yaml.
struct DatabaseOptions {
  std::string url;                          // postgres://…, required
  std::string schema = "public";            // where our tables are
  std::string release;                      // of this daemon, for the other replicas
  std::string inventory_mode = "embedded";  // or "remote", for the other replicas
  int writers = 2;  // sessions that commit batches, 1–16; all writes of a replica go through them
  // Sessions that read, in classes that do not take each other's: for calls (1–64); for what must go on whatever calls
  // do, which are streams, settler, inbox and reconciler (1–64); for lists, which may be slow (1–64).
  int readers = 4;
  int background_readers = 4;
  int list_readers = 2;
  int lists_waiting_max = 16;  // lists that may wait for their sessions; one more is RESOURCE_EXHAUSTED
  // The orders that a list counts, and those that it sorts where no index has its order; 0 = all.
  int list_count_max = 10'000;
  int batch_max = 128;   // commands in one transaction, 1–1024
  int queue_max = 4096;  // commands that may wait; one more is RESOURCE_EXHAUSTED
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration lock_timeout = absl::Seconds(4);
  // The same for a batch; then the commands that need the row run apart. The smaller of the two counts.
  absl::Duration batch_lock_timeout = absl::Milliseconds(500);
  absl::Duration statement_timeout = absl::Seconds(10);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(5);
  absl::Duration idempotency_ttl = absl::Hours(48);     // how long a key is remembered, at least 24 h
  absl::Duration reservation_ttl = absl::Hours(24);     // how long a reservation waits for its order
  absl::Duration inbox_done_ttl = absl::Hours(24 * 7);  // how long a handled message is known, at least 24 h
  absl::Duration sweep_interval = absl::Minutes(10);    // between looks for expired keys, messages and reservations
  absl::Duration notify_poll = absl::Seconds(1);        // covers lost wake-ups
  RetentionOptions retention;
  domain::StockPolicy stock_policy;
};

}  // namespace logistics::storage
