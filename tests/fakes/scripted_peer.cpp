#include "fakes/scripted_peer.hpp"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"

namespace logistics::fakes {
namespace {

using ports::PeerReserve;
using ports::PeerReserveAnswer;
using ports::PeerSettled;

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

absl::Status Unavailable(std::string_view why) {
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, why, kRetryAfter);
}

// Nobody answered, or the peer said something that has to be tried again.
bool Unanswered(PeerFate fate) { return fate != PeerFate::kAnswer && fate != PeerFate::kPartly; }
bool IsDone(PeerFate fate) {
  return fate == PeerFate::kAnswer || fate == PeerFate::kPartly || fate == PeerFate::kLost ||
         fate == PeerFate::kLostSome;
}

// The peer checks nothing of this (contract §2, point 12).
bool MayBeSent(const std::vector<domain::StockItem>& items) {
  std::set<domain::ProductId> products;
  return !items.empty() && std::all_of(items.begin(), items.end(), [&](const domain::StockItem& item) {
    return item.quantity > 0 && products.insert(item.product_id).second;
  });
}

absl::Status ErrorOf(PeerFate fate) {
  switch (fate) {
    case PeerFate::kNotSent:
      return Unavailable("the inventory service is not asked at the moment");
    case PeerFate::kFailed:
      return Unavailable("the inventory service failed");
    default:
      return Unavailable("the inventory service did not answer");
  }
}

}  // namespace

void ScriptedPeer::AddProduct(const domain::Product& product) {
  const std::scoped_lock lock(mutex_);
  products_[product.id] = product;
}

domain::ProductId ScriptedPeer::AddProduct(const domain::ProductId& id, const std::string& sku) {
  domain::Product product;
  product.id = id;
  product.sku = sku;
  product.name = sku;
  AddProduct(product);
  return id;
}

void ScriptedPeer::SetLevel(const domain::LevelKey& key, const domain::StockLevel& level) {
  const std::scoped_lock lock(mutex_);
  levels_[key] = {level, std::nullopt};
}

void ScriptedPeer::RemoveLevel(const domain::LevelKey& key) {
  const std::scoped_lock lock(mutex_);
  levels_.erase(key);
}

void ScriptedPeer::SetSaidAvailable(const domain::LevelKey& key, std::int64_t available) {
  const std::scoped_lock lock(mutex_);
  levels_[key].said_available = available;
}

void ScriptedPeer::Script(PeerCall call, std::vector<PeerFate> fates) {
  const std::scoped_lock lock(mutex_);
  std::deque<PeerFate>& queue = script_[call];
  queue.insert(queue.end(), fates.begin(), fates.end());
}

void ScriptedPeer::SetHook(std::function<PeerFate(PeerCall call, const domain::Uuid& id)> hook) {
  const std::scoped_lock lock(mutex_);
  hook_ = std::move(hook);
}

void ScriptedPeer::SetUnavailable(bool unavailable) {
  const std::scoped_lock lock(mutex_);
  unavailable_ = unavailable;
}

int ScriptedPeer::LandLate() {
  const std::scoped_lock lock(mutex_);
  for (const LateReserve& reserve : late_) {
    HoldLocked(reserve.order_id, reserve.warehouse, reserve.items, reserve.items.size());
  }
  return static_cast<int>(std::exchange(late_, {}).size());
}

int ScriptedPeer::Calls(PeerCall call) const {
  const std::scoped_lock lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : static_cast<int>(found->second.size());
}

std::vector<domain::Uuid> ScriptedPeer::Ids(PeerCall call) const {
  const std::scoped_lock lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? std::vector<domain::Uuid>() : found->second;
}

std::int64_t ScriptedPeer::Pending(const domain::Uuid& order_id) const {
  const std::scoped_lock lock(mutex_);
  std::int64_t pieces = 0;
  const auto found = pending_.find(order_id);
  if (found == pending_.end()) return 0;
  for (const domain::StockItem& item : found->second) pieces += item.quantity;
  return pieces;
}

std::int64_t ScriptedPeer::PendingOfAll() const {
  const std::scoped_lock lock(mutex_);
  std::int64_t pieces = 0;
  for (const auto& [id, items] : pending_) {
    for (const domain::StockItem& item : items) pieces += item.quantity;
  }
  return pieces;
}

std::optional<domain::StockLevel> ScriptedPeer::Level(const domain::LevelKey& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = levels_.find(key);
  return found == levels_.end() ? std::nullopt : std::optional(found->second.level);
}

PeerFate ScriptedPeer::FateOf(PeerCall call, const domain::Uuid& id) {
  std::function<PeerFate(PeerCall, const domain::Uuid&)> hook;
  {
    const std::scoped_lock lock(mutex_);
    calls_[call].push_back(id);
    std::deque<PeerFate>& queue = script_[call];
    if (!queue.empty()) {
      const PeerFate fate = queue.front();
      queue.pop_front();
      return fate;
    }
    if (unavailable_) return PeerFate::kNotSent;
    hook = hook_;
  }
  return hook ? hook(call, id) : PeerFate::kAnswer;
}

PeerReserveAnswer ScriptedPeer::HoldLocked(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                                           const std::vector<domain::StockItem>& items, std::size_t items_max) {
  PeerReserveAnswer answer;
  answer.outcome = PeerReserve::kHeld;
  answer.message = "stock reserved";
  for (std::size_t i = 0; i < items.size(); ++i) {
    const domain::StockItem& item = items[i];
    ports::PeerAvailability availability{item, false, 0, ""};
    const auto found = levels_.find({item.product_id, warehouse});
    if (found != levels_.end()) availability.available = found->second.level.available();
    if (found == levels_.end() || availability.available < item.quantity) {
      availability.error = absl::StrCat("insufficient stock: requested ", item.quantity);
    } else if (i >= items_max) {
      availability.in_stock = true;  // it was there when the peer looked (contract §2, point 2)
      availability.error = "failed to allocate";
    } else {
      availability.in_stock = true;
      availability.available -= item.quantity;
      found->second.level.reserved += item.quantity;
      pending_[order_id].push_back(item);
    }
    if (!availability.error.empty()) {
      answer.outcome = PeerReserve::kRefused;
      answer.message = "some items could not be reserved";
    }
    answer.items.push_back(std::move(availability));
  }
  return answer;
}

PeerReserveAnswer ScriptedPeer::Reserve(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                                        const std::vector<domain::StockItem>& items,
                                        const ports::CallContext& /*context*/) {
  if (!MayBeSent(items)) {
    PeerReserveAnswer answer;
    answer.status = absl::InvalidArgumentError("a reservation of nothing, of less, or of one product twice");
    return answer;
  }
  const PeerFate fate = FateOf(PeerCall::kReserve, order_id);
  const std::scoped_lock lock(mutex_);
  const bool some = fate == PeerFate::kLostSome || fate == PeerFate::kPartly;
  PeerReserveAnswer answer;
  if (IsDone(fate)) answer = HoldLocked(order_id, warehouse, items, some ? 1 : items.size());
  if (fate == PeerFate::kLate) late_.push_back({order_id, warehouse, items});
  if (!Unanswered(fate)) {
    if (fate == PeerFate::kPartly) answer.outcome = PeerReserve::kRefused;
    return answer;
  }
  PeerReserveAnswer unanswered;
  unanswered.outcome = fate == PeerFate::kNotSent  ? PeerReserve::kNotSent
                       : fate == PeerFate::kFailed ? PeerReserve::kRefused
                                                   : PeerReserve::kUnknown;
  unanswered.status = ErrorOf(fate);
  return unanswered;
}

absl::StatusOr<PeerSettled> ScriptedPeer::Release(const domain::Uuid& order_id, const std::string& /*reason*/,
                                                  const ports::CallContext& /*context*/) {
  return Settle(PeerCall::kRelease, order_id);
}

absl::StatusOr<PeerSettled> ScriptedPeer::Commit(const domain::Uuid& order_id, const ports::CallContext& /*context*/) {
  return Settle(PeerCall::kCommit, order_id);
}

absl::StatusOr<PeerSettled> ScriptedPeer::Settle(PeerCall call, const domain::Uuid& order_id) {
  const PeerFate fate = FateOf(call, order_id);
  const std::scoped_lock lock(mutex_);
  PeerSettled settled = PeerSettled::kNothingPending;
  if (IsDone(fate)) {
    const auto found = pending_.find(order_id);
    if (found != pending_.end()) {
      settled = PeerSettled::kDone;
      for (const domain::StockItem& item : found->second) {
        for (auto& [key, row] : levels_) {
          if (key.product_id != item.product_id) continue;  // whatever the warehouse (contract §2, point 10)
          row.level.reserved -= item.quantity;
          if (call == PeerCall::kCommit) row.level.quantity -= item.quantity;
        }
      }
      pending_.erase(found);
    }
  }
  if (Unanswered(fate)) return ErrorOf(fate);
  return settled;
}

ports::LevelRow ScriptedPeer::RowLocked(const domain::LevelKey& key) const {
  const Row& row = levels_.at(key);
  return {key, row.level, absl::UnixEpoch(), row.said_available};
}

absl::StatusOr<ports::LevelRow> ScriptedPeer::Adjust(const ports::StockAdjustment& adjustment,
                                                     const ports::CallContext& /*context*/, bool& sent) {
  sent = false;
  if (adjustment.delta == 0) return absl::InvalidArgumentError("an adjustment by 0 changes nothing");
  const PeerFate fate = FateOf(PeerCall::kAdjust, adjustment.key.product_id.uuid());
  const std::scoped_lock lock(mutex_);
  sent = fate != PeerFate::kNotSent;
  if (IsDone(fate)) {
    if (products_.count(adjustment.key.product_id) == 0) return absl::InternalError("the inventory service failed");
    levels_[adjustment.key].level.quantity += adjustment.delta;
  }
  if (Unanswered(fate)) return ErrorOf(fate);
  return RowLocked(adjustment.key);
}

absl::StatusOr<std::vector<ports::LevelRow>> ScriptedPeer::Levels(const std::vector<domain::ProductId>& products,
                                                                  const std::vector<domain::WarehouseId>& warehouses,
                                                                  const ports::CallContext& /*context*/) {
  const PeerFate fate = FateOf(PeerCall::kLevels, products.size() == 1 ? products.front().uuid() : domain::Uuid());
  if (Unanswered(fate)) return ErrorOf(fate);
  const auto wanted = [](const auto& list, const auto& id) {
    return list.empty() || std::find(list.begin(), list.end(), id) != list.end();
  };
  const std::scoped_lock lock(mutex_);
  std::vector<ports::LevelRow> rows;
  for (const auto& [key, row] : levels_) {
    if (wanted(products, key.product_id) && wanted(warehouses, key.warehouse_id)) rows.push_back(RowLocked(key));
  }
  return rows;
}

absl::StatusOr<domain::Product> ScriptedPeer::GetProduct(const domain::ProductId& id,
                                                         const ports::CallContext& /*context*/) {
  const PeerFate fate = FateOf(PeerCall::kGetProduct, id.uuid());
  if (Unanswered(fate)) return ErrorOf(fate);
  const std::scoped_lock lock(mutex_);
  const auto found = products_.find(id);
  if (found == products_.end()) return absl::NotFoundError("no such product");
  return found->second;
}

absl::StatusOr<ports::ProductPage> ScriptedPeer::ListProducts(const std::string& category, int page, int page_size,
                                                              const ports::CallContext& /*context*/) {
  const PeerFate fate = FateOf(PeerCall::kListProducts, {});
  if (Unanswered(fate)) return ErrorOf(fate);
  const std::scoped_lock lock(mutex_);
  std::vector<domain::Product> matching;
  for (const auto& [id, product] : products_) {
    if (category.empty() || product.category == category) matching.push_back(product);
  }
  ports::ProductPage result;
  result.total_count = static_cast<std::int64_t>(matching.size());
  const std::size_t from = static_cast<std::size_t>(page - 1) * static_cast<std::size_t>(page_size);
  for (std::size_t i = from; i < matching.size() && i < from + static_cast<std::size_t>(page_size); ++i) {
    result.products.push_back(matching[i]);
  }
  return result;
}

void ScriptedPeer::SetNotAskedFor(absl::Duration time) {
  const std::scoped_lock lock(mutex_);
  not_asked_for_ = time;
}

absl::Duration ScriptedPeer::NotAskedFor() const {
  const std::scoped_lock lock(mutex_);
  return not_asked_for_;
}

}  // namespace logistics::fakes
