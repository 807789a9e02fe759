#include "storage/sessions_needed.hpp"

#include "storage/postgres/pooler.hpp"

namespace logistics::storage {

std::vector<SessionNeed> SessionsNeeded(const DatabaseOptions& options) {
  return {
      {"batches of writes", options.writers},
      {"writes of locked rows", 1},
      {"look-ups of orders", kReadBatchers},
      {"other reads", options.readers},
      {"streams, settler, inbox, reconciler", options.background_readers},
      {"lists", options.list_readers},
      {"relay", 1},
      {"wake-ups", 2},
      {"sweepers", options.retention.any() ? 3 : 2},
      {"registry of replicas, metrics of the outbox", 2},
      {"check for a pooler", kPoolerCheckSessions, true},
  };
}

}  // namespace logistics::storage
