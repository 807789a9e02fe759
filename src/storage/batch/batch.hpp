// What a batch knows and what it changes: loaded under lock, decided in arrival order, written set by set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "logistics/domain/event.hpp"
#include "logistics/domain/order.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/domain/order_products.hpp"
#include "logistics/domain/payment.hpp"
#include "logistics/domain/reservation.hpp"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "storage/batch/write_command.hpp"

namespace logistics::storage {

// Products are never renamed or deleted here: one that was read once is right for ever.
using domain::ProductRef;

// How the claim of an idempotency key or of a new SKU went.
enum class Claim {
  kWon,
  kLostSame,   // the key made this order, from the same payload: `existing` answers
  kLostOther,  // the key made an order from another payload, or the SKU is taken
  kLostGone,   // who won has given it up meanwhile: try again
};

// The refusal of a command whose claim was lost: ALREADY_EXISTS, or UNAVAILABLE where trying again may help.
absl::Status LostClaim(Claim claim, const std::string& what);
absl::Status LostKey(Claim claim, const domain::NewOrder& order);

// Rows as they are under the batch's locks.
struct BatchState {
  struct KeyClaim {
    Claim claim = Claim::kWon;
    std::optional<domain::Order> existing;
  };
  // What is known of the message that a command acts on.
  struct Message {
    bool done = false;
    std::optional<std::int64_t> waits_as;           // its own row, where it waits
    std::optional<std::int64_t> first_waiting;      // the first row of its consumer and order
    std::vector<domain::RecordedPayment> recorded;  // as domain::DecidePayment wants them
  };
  absl::flat_hash_map<const PendingWrite*, KeyClaim> claims;   // only of commands that claim something
  absl::flat_hash_map<const PendingWrite*, Message> messages;  // only of commands that act on one
  absl::flat_hash_map<domain::OrderId, domain::Order> orders;
  absl::flat_hash_map<domain::OrderId, domain::Reservation> reservations;
  absl::flat_hash_map<domain::ProductId, ProductRef> products_by_id;
  absl::flat_hash_map<std::string, ProductRef> products_by_sku;
  domain::StockBook stock;
};

// Rows to write. All of one batch; ordinals are places in these lists.
struct BatchEffects {
  struct HistoryRow {
    domain::OrderId order_id;
    std::int64_t version = 1;
    std::optional<domain::OrderStatus> previous;
    domain::OrderStatus status = domain::OrderStatus::kPending;
    std::string changed_by;
    std::string notes;
    absl::Time at;
  };
  struct MovementRow {
    domain::StockMovement movement;
    std::optional<domain::OrderId> reservation_id;
    std::string reason;
    std::string reference;
  };
  struct OutboxRow {
    domain::Event event;
    const PendingWrite* cause = nullptr;  // its correlation id and trace travel with the event
  };

  // What the peer has to be told, after what it has still to be told already. One a reservation.
  struct SettlementRow {
    domain::Uuid reservation_id;
    std::vector<std::string> steps;
    std::string reason;
  };
  // Idempotency keys of intents: remembered with the intent, forgotten with its order, freed with its end.
  struct IntentKeys {
    struct Key {
      domain::Uuid reservation_id;
      domain::CustomerId customer_id;
      std::string key;
    };
    std::vector<Key> claimed;
    std::vector<domain::Uuid> completed;
    std::vector<domain::Uuid> abandoned;
  };

  // By a message, or, without one, at the order's creation.
  struct PaymentRow {
    domain::PaymentNotice notice;
    std::int64_t amount_minor = 0;
    domain::Currency currency;
    std::optional<std::string> message_id;
  };
  struct DoneMessage {
    std::string consumer;
    std::string message_id;
  };

  std::vector<const PendingWrite*> unused_keys;  // claimed by commands that were refused
  std::vector<domain::Order> new_orders;
  std::vector<domain::Order> changed_orders;
  std::vector<domain::Reservation> new_reservations;
  std::vector<domain::Reservation> changed_reservations;
  std::vector<HistoryRow> history;
  std::vector<MovementRow> movements;
  std::vector<OutboxRow> outbox;
  std::vector<domain::Product> new_products;  // already inserted when their SKU was claimed
  std::vector<domain::StockBook::Changed> levels;
  IntentKeys intents;
  std::vector<SettlementRow> settlements;
  std::vector<PaymentRow> payments;
  std::vector<DoneMessage> done_messages;
  std::vector<std::int64_t> no_longer_waiting;  // rows of messages that waited
  absl::Time now;

  bool empty() const {
    return new_orders.empty() && changed_orders.empty() && new_reservations.empty() && changed_reservations.empty() &&
           movements.empty() && new_products.empty() && settlements.empty() && done_messages.empty() &&
           no_longer_waiting.empty();
  }
};

// Decides every command of a batch, in arrival order. Pure but for the ids and the time it stamps on events.
class BatchDecision {
 public:
  BatchDecision(BatchState& state, const domain::StockPolicy& policy, ports::IdGenerator& ids,
                const ports::Clock& clock);

  // The command's outcome, if the batch commits. Its effects are added to effects(); a refused command adds none.
  absl::StatusOr<WriteResult> Decide(const PendingWrite& item);

  // What all commands decided so far change.
  BatchEffects TakeEffects();

 private:
  absl::StatusOr<WriteResult> Create(const PendingWrite& item, const CreateOrderCommand& command);
  absl::StatusOr<WriteResult> Change(const PendingWrite& item, const ChangeStatusCommand& command);
  absl::StatusOr<WriteResult> AddProduct(const PendingWrite& item, const CreateProductCommand& command);
  absl::StatusOr<WriteResult> Adjust(const PendingWrite& item, const AdjustStockCommand& command);
  absl::StatusOr<WriteResult> Reserve(const PendingWrite& item, const ReserveStockCommand& command);
  absl::StatusOr<WriteResult> Settle(const PendingWrite& item, const SettleReservationCommand& command);
  absl::StatusOr<WriteResult> Expire(const PendingWrite& item, const ExpireReservationCommand& command);

  absl::StatusOr<WriteResult> Open(const PendingWrite& item, const OpenIntentCommand& command);
  absl::StatusOr<WriteResult> Complete(const PendingWrite& item, const CompleteIntentCommand& command);
  absl::StatusOr<WriteResult> Abandon(const AbandonIntentCommand& command);

  absl::StatusOr<WriteResult> ApplyPayment(const PendingWrite& item, const ApplyPaymentCommand& command);
  // OK when it is the message's turn.
  absl::Status CheckTurn(const ApplyPaymentCommand& command, const BatchState::Message& message) const;

  absl::Status ResolveProducts(domain::Order& order) const;
  // The order as it is stored, with its history and events; its reservation is the caller's to store.
  absl::StatusOr<domain::Order> AddOrder(const PendingWrite& item, domain::Order order,
                                         domain::Reservation& reservation);
  // Moves the order on, with history and event. Its row is the caller's to store.
  void SetStatus(const PendingWrite& item, domain::Order& order, domain::OrderStatus status,
                 const std::string& changed_by, const std::string& notes);
  // An order that is paid when it is made goes on at once.
  void RecordPaymentAtCreation(const PendingWrite& item, domain::Order& order);
  std::optional<domain::StockItem> FindProduct(const domain::WantedItem& wanted) const;
  std::optional<domain::Reservation> FindReservation(const domain::OrderId& id) const;
  // The stock of an order of ours.
  absl::Status MoveStock(const PendingWrite& item, domain::Reservation& reservation, domain::StockAction action);
  // The peer is told once the batch has committed.
  void MoveAtPeer(domain::Reservation& reservation, domain::StockAction action);
  // A hold that others made: its stock, its row and, where it is released, its event.
  absl::Status SettleHold(const PendingWrite& item, domain::Reservation reservation, domain::StockAction action,
                          const std::string& reason);
  // `owner`: "order" or "reservation", for the events; `reason`: for the ledger.
  absl::Status MoveInBook(const PendingWrite& item, domain::Reservation& reservation, domain::StockAction action,
                          const std::string& owner, const std::string& reason);
  void Tell(const PendingWrite& item, domain::EventData data);
  void Record(const std::vector<domain::StockMovement>& movements, const domain::OrderId& reservation,
              const std::string& reason);
  void TellQuantities(const PendingWrite& item, const std::vector<domain::StockMovement>& movements,
                      const domain::Reservation& reservation, const std::string& reason);

  BatchState& state_;
  const domain::StockPolicy& policy_;
  ports::IdGenerator& ids_;
  BatchEffects effects_;
};

}  // namespace logistics::storage
