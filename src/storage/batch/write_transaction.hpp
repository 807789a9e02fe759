#pragma once

#include <vector>

#include "logistics/ports/event_encoder.hpp"
#include "storage/batch/batch.hpp"
#include "storage/batch/product_cache.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// The SQL of one batch, top to bottom. Locks are taken in one order by all writers: idempotency keys, SKUs, orders,
// reservations, stock levels (each sorted by key), and the change counter last. Messages and payments need no locks of
// their own: they are read under the lock of their order, which all who write them hold. Throws pqxx exceptions; the
// transaction is the caller's to begin and end.
class WriteTransaction {
 public:
  WriteTransaction(Session& session, ProductCache& products, const ports::EventEncoder& encoder)
      : session_(session), products_(products), encoder_(encoder) {}

  // Claims keys, locks rows and reads them: what the decision needs.
  BatchState Load(const WriteBatch& batch);

  // Writes everything but the commit. `batch_id` is the identity of this try of the batch.
  void Store(const BatchEffects& effects, const domain::Uuid& batch_id);

  // Takes the next number and commits, in one message: a daemon frozen before it holds nothing, one frozen after it has
  // committed. When this throws and the connection is gone, the commit is in doubt (see WasCommitted).
  void Commit(const domain::Uuid& batch_id);

  // Settles a commit in doubt, on a new connection: true when the batch is committed, false when it never will be.
  // Waits for the lost transaction where it still runs.
  static bool WasCommitted(Session& session, const domain::Uuid& batch_id);

 private:
  void ClaimKeys(const WriteBatch& batch, BatchState& state);
  void ClaimSkus(const WriteBatch& batch, BatchState& state);
  void LockOrders(const WriteBatch& batch, BatchState& state);
  void ResolveProducts(const WriteBatch& batch, BatchState& state);
  void LockLevels(const WriteBatch& batch, BatchState& state);

  // Each adds what it writes to the group; nothing is sent yet. They need no more than the effects.
  void FreeKeys(StatementGroup& group, const BatchEffects& effects);
  void StoreLevels(StatementGroup& group, const BatchEffects& effects);
  void StoreMovements(StatementGroup& group, const BatchEffects& effects, const domain::Uuid& batch_id);
  void StoreHistory(StatementGroup& group, const BatchEffects& effects, const domain::Uuid& batch_id);
  void StoreOutbox(StatementGroup& group, const BatchEffects& effects, const domain::Uuid& batch_id);

  Session& session_;
  ProductCache& products_;
  const ports::EventEncoder& encoder_;
};

}  // namespace logistics::storage
