#include "storage/batch/store_effects.hpp"

#include "storage/rows/adjustment_rows.hpp"
#include "storage/rows/history_rows.hpp"
#include "storage/rows/key_rows.hpp"
#include "storage/rows/level_rows.hpp"
#include "storage/rows/order_rows.hpp"
#include "storage/rows/outbox_rows.hpp"
#include "storage/rows/payment_rows.hpp"
#include "storage/rows/reservation_rows.hpp"
#include "storage/rows/settlement_rows.hpp"

namespace logistics::storage {

StatementGroup StoreEffects(std::span<const commands::Item> items, const commands::Decision& decision,
                            const ports::EventEncoder& encoder, const domain::Uuid& batch_id, absl::Time now) {
  // Every kind by its name: one that is added to Effects and not stored here does not compile. New products are stored
  // by the claim of their SKUs.
  const auto& [new_orders, changed_orders, new_reservations, changed_reservations, history, movements, outbox,
               new_products, levels, claimed_intent_keys, completed_intents, abandoned_intents, settlements,
               refused_restocks, payments, done_messages, no_longer_waiting] = decision.effects;
  static_cast<void>(new_products);

  StatementGroup group;
  FreeKeys(group, items, decision.unused_keys);
  FreeAdjustments(group, items, decision.unused_keys);
  InsertOrders(group, new_orders);
  UpdateOrders(group, changed_orders);
  InsertReservations(group, new_reservations);
  UpdateReservations(group, changed_reservations);
  StoreIntentKeys(group, claimed_intent_keys, completed_intents, abandoned_intents);
  StoreSettlements(group, settlements);
  StoreRefusedRestocks(group, refused_restocks);
  StorePayments(group, payments, now);
  StoreMessages(group, done_messages, no_longer_waiting);
  StoreLevels(group, levels, now);
  InsertMovements(group, movements, batch_id, now);
  InsertHistory(group, history, batch_id);
  InsertOutbox(group, outbox, encoder, batch_id);
  return group;
}

}  // namespace logistics::storage
