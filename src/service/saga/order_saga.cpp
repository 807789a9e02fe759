#include "logistics/service/saga/order_saga.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "logistics/domain/errors.hpp"

namespace logistics::service {

using domain::NewOrder;
using domain::Order;
using ports::CallContext;
using ports::IntentAnswer;
using ports::IntentRelease;
using ports::PeerReserve;
using ports::PeerReserveAnswer;

namespace {

// How long a call waits for room among those that wait for the peer, before it is refused.
constexpr absl::Duration kRoomTime = absl::Seconds(1);
// Between looks at another order of the same key that is in the making.
constexpr absl::Duration kPendingPauseMin = absl::Milliseconds(10);
constexpr absl::Duration kPendingPauseMax = absl::Milliseconds(250);
// An undo is not cut short by the caller's deadline.
constexpr absl::Duration kAbandonTime = absl::Seconds(5);
absl::Time OwnDeadline() { return absl::Now() + kAbandonTime; }

absl::Status Refusal(const PeerReserveAnswer& answer) {
  if (!answer.status.ok()) return answer.status;
  std::vector<domain::StockShortage> shortages;
  for (const ports::PeerAvailability& item : answer.items) {
    // An item that lost a race has in_stock set, and an error besides (contract §2, point 2).
    if (!item.in_stock || !item.error.empty()) shortages.push_back({item.wanted, item.available});
  }
  if (!shortages.empty()) return domain::ShortStockError(shortages);
  return domain::ConditionError(absl::StatusCode::kFailedPrecondition, "the inventory service does not hold the stock",
                                {{"STOCK", "items", "refused without a reason for any one item"}});
}

ports::Counter& ReserveCounter(ports::Metrics& metrics, const char* outcome) {
  return metrics.GetCounter("logistics_saga_reserves_total", "Reserves at the inventory service by outcome",
                            {{"outcome", outcome}});
}

}  // namespace

OrderSaga::OrderSaga(ports::OrderStore& orders, ports::IntentStore& intents, ports::InventoryPeer& peer,
                     ports::ProductDirectory& products, const SagaOptions& options, ports::Metrics& metrics,
                     std::function<void()> settle)
    : orders_(orders),
      intents_(intents),
      peer_(peer),
      products_(products),
      settle_(std::move(settle)),
      ask_within_(absl::ToChronoNanoseconds(options.intent_ttl / 2)),
      held_(ReserveCounter(metrics, "held")),
      refused_(ReserveCounter(metrics, "refused")),
      unknown_(ReserveCounter(metrics, "unknown")),
      not_sent_(ReserveCounter(metrics, "not_sent")),
      room_(options.calls_max) {}

bool OrderSaga::Enter(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const bool entered = left_.wait_until(lock, absl::ToChronoTime(deadline), [this] { return room_ > 0; });
  if (entered) --room_;
  return entered;
}

void OrderSaga::Leave() {
  {
    const std::lock_guard lock(mutex_);
    ++room_;
  }
  left_.notify_one();
}

absl::StatusOr<Order> OrderSaga::Create(const NewOrder& order, const CallContext& context) {
  if (!Enter(std::min(context.deadline, absl::Now() + kRoomTime))) {
    return domain::RetryLaterError(absl::StatusCode::kResourceExhausted,
                                   "too many orders wait for the inventory service", absl::Seconds(1));
  }
  const absl::Cleanup leave = [this] { Leave(); };

  NewOrder resolved = order;
  absl::StatusOr<std::vector<domain::OrderLine>> lines = products_.Resolve(order.order.lines, context);
  if (!lines.ok()) {
    // An order that the key made before is answered, whatever the peer says of its products today.
    absl::StatusOr<std::optional<Order>> made = intents_.Made(order, context);
    if (made.ok() && made->has_value()) return **std::move(made);
    return lines.status();
  }
  resolved.order.lines = *std::move(lines);

  Clock::time_point opened;
  absl::StatusOr<std::optional<Order>> made = Open(resolved, context, opened);
  if (!made.ok()) return made.status();
  if (made->has_value()) return **std::move(made);
  // A replica that was frozen here would reserve after recovery has abandoned the intent, and nothing would release
  // that.
  if (Clock::now() - opened > ask_within_) {
    static_cast<void>(Abandon(resolved, IntentRelease::kNone, "it was too late to ask for its stock", context));
    return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the order took too long to be made",
                                   absl::Seconds(1));
  }
  return AskAndStore(resolved, context);
}

absl::StatusOr<std::optional<Order>> OrderSaga::Open(const NewOrder& order, const CallContext& context,
                                                     Clock::time_point& opened) {
  for (absl::Duration pause = kPendingPauseMin;; pause = std::min(pause * 2, kPendingPauseMax)) {
    opened = Clock::now();
    absl::StatusOr<IntentAnswer> answer = intents_.Open(order, context);
    if (!answer.ok()) {
      // It may be open all the same: its key would keep the caller's next try waiting until recovery comes.
      if (absl::IsDeadlineExceeded(answer.status()) || domain::IsCommitInDoubt(answer.status())) {
        static_cast<void>(Abandon(order, IntentRelease::kNone, "its opening was not answered in time", context));
      }
      return answer.status();
    }
    if (answer->outcome == IntentAnswer::Outcome::kOpened) return std::nullopt;
    if (answer->outcome == IntentAnswer::Outcome::kExists) return std::move(answer->existing);
    if (absl::Now() + pause >= context.deadline) {
      return domain::RetryLaterError(absl::StatusCode::kUnavailable,
                                     "an order with this idempotency_key is still being made", absl::Seconds(1));
    }
    absl::SleepFor(pause);
  }
}

absl::StatusOr<Order> OrderSaga::AskAndStore(const NewOrder& order, const CallContext& context) {
  const domain::Uuid& id = order.order.id.uuid();
  const PeerReserveAnswer answer =
      peer_.Reserve(id, order.order.warehouse_id, domain::SumByProduct(order.order.lines), context);
  switch (answer.outcome) {
    case PeerReserve::kHeld:
      held_.Increment();
      break;
    case PeerReserve::kRefused:
      refused_.Increment();
      static_cast<void>(Abandon(order, IntentRelease::kOnce, "the stock is short", context));
      return Refusal(answer);
    case PeerReserve::kUnknown:
      unknown_.Increment();
      static_cast<void>(Abandon(order, IntentRelease::kTwice, "the reserve was not answered", context));
      return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the inventory service did not answer in time",
                                     absl::Seconds(1));
    case PeerReserve::kNotSent:
      not_sent_.Increment();
      static_cast<void>(Abandon(order, IntentRelease::kNone, "the reserve was not sent", context));
      return answer.status;
  }
  absl::StatusOr<Order> stored = intents_.Complete(order, context);
  // The settler's poll finds the settlement of an early commit (inventory.commit_on: created): a wake-up for each order
  // would read an empty table in all other modes. Abandon does nothing where the order was stored after all, because
  // its deadline passed during the commit.
  if (stored.ok()) return stored;
  const absl::StatusOr<bool> abandoned = Abandon(order, IntentRelease::kTwice, "the order was not stored", context);
  if (!domain::IsCommitInDoubt(stored.status()) || !abandoned.ok()) return stored;
  // Abandon has found out: an order that was made is never abandoned.
  if (!*abandoned) return orders_.Get(order.order.id, {context.correlation_id, context.traceparent, OwnDeadline()});
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the order was not stored", absl::Seconds(1));
}

absl::StatusOr<bool> OrderSaga::Abandon(const NewOrder& order, IntentRelease release, const char* reason,
                                        const CallContext& context) {
  const CallContext own{context.correlation_id, context.traceparent, OwnDeadline()};
  const absl::StatusOr<bool> done =
      intents_.Abandon({order.order.id.uuid(), release, reason, /*only_an_intent=*/false}, own);
  if (!done.ok()) {
    spdlog::warn("order {} failed ({}) and its intent could not be abandoned; recovery will do so: {}",
                 order.order.id.ToString(), reason, done.status().ToString());
  }
  settle_();
  return done;
}

absl::StatusOr<Order> OrderSaga::ChangeStatus(const domain::StatusChange& change, const CallContext& context) {
  absl::StatusOr<Order> order = orders_.ChangeStatus(change, context);
  if (order.ok()) settle_();
  return order;
}

absl::StatusOr<Order> OrderSaga::Get(const domain::OrderId& id, const CallContext& context) {
  return orders_.Get(id, context);
}

absl::StatusOr<ports::OrderPage> OrderSaga::List(const ports::OrderQuery& query, const CallContext& context) {
  return orders_.List(query, context);
}

}  // namespace logistics::service
