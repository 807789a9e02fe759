#include "logistics/domain/stock.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/order.hpp"

namespace logistics::domain {
namespace {

[[maybe_unused]] bool HoldsEachProductOnce(std::span<const StockItem> items) {
  return std::adjacent_find(items.begin(), items.end(), [](const StockItem& a, const StockItem& b) {
           return !(a.product_id < b.product_id);
         }) == items.end();
}

std::string Numbers(const StockLevel& level) {
  return absl::StrCat("quantity ", level.quantity, ", reserved ", level.reserved, ", available ", level.available());
}

absl::Status StockError(std::string_view what, const LevelKey& key, const std::string& description) {
  const std::string product = key.product_id.ToString();
  return ConditionError(absl::StatusCode::kFailedPrecondition,
                        absl::StrCat(std::string(what), " of product ", product, ": ", description),
                        {{"STOCK", product, description}});
}

}  // namespace

std::string_view MovementCauseName(MovementCause cause) {
  switch (cause) {
    case MovementCause::kReserve:
      return "reserve";
    case MovementCause::kRelease:
      return "release";
    case MovementCause::kCommit:
      return "commit";
    case MovementCause::kAdjust:
      return "adjust";
    case MovementCause::kRestock:
      return "restock";
  }
  return "unknown";
}

absl::Status ShortStockError(std::span<const StockShortage> shortages) {
  std::vector<ConditionViolation> violations;
  violations.reserve(shortages.size());
  for (const StockShortage& shortage : shortages) {
    std::string description = absl::StrCat("wanted ", shortage.wanted.quantity, ", available ", shortage.available);
    if (!shortage.wanted.sku.empty()) description.append(", sku ").append(shortage.wanted.sku);
    violations.push_back({"STOCK", shortage.wanted.product_id.ToString(), std::move(description)});
  }
  std::string message = "stock is short";
  if (!violations.empty()) {
    message.append(" of product ").append(violations.front().subject).append(": ");
    message.append(violations.front().description);
  }
  if (violations.size() > 1) message.append(absl::StrCat("; and of ", violations.size() - 1, " more"));
  return ConditionError(absl::StatusCode::kFailedPrecondition, message, violations);
}

void StockBook::Load(const LevelKey& key, const StockLevel& level) {
  levels_.insert_or_assign(key, Entry{.level = level, .loaded = true, .changed = false});
}

void StockBook::Merge(StockBook&& journal) {
  for (const auto& [key, entry] : journal.levels_) {
    if (entry.changed) levels_.insert_or_assign(key, entry);
  }
}

const StockBook::Entry* StockBook::Lookup(const LevelKey& key) const {
  const auto found = levels_.find(key);
  if (found != levels_.end()) return &found->second;
  return base_ == nullptr ? nullptr : base_->Lookup(key);
}

StockBook::Entry& StockBook::Own(const LevelKey& key) {
  const auto [place, made] = levels_.try_emplace(key);
  if (made && base_ != nullptr) {
    if (const Entry* entry = base_->Lookup(key)) {
      place->second = *entry;
      place->second.changed = false;
    }
  }
  return place->second;
}

std::vector<StockShortage> StockBook::Reserve(const WarehouseId& warehouse, std::span<const StockItem> items,
                                              std::vector<StockMovement>& movements) {
  std::vector<StockShortage> shortages;
  for (const StockItem& item : items) {
    const Entry* entry = Lookup({item.product_id, warehouse});
    const std::int64_t available = entry == nullptr ? 0 : entry->level.available();
    if (available < item.quantity) shortages.push_back({item, available});
  }
  if (!shortages.empty()) return shortages;
  const absl::Status applied = Apply(warehouse, items, 0, +1, MovementCause::kReserve, movements);
  assert(applied.ok());
  static_cast<void>(applied);
  return shortages;
}

absl::Status StockBook::Release(const WarehouseId& warehouse, std::span<const StockItem> items,
                                std::vector<StockMovement>& movements) {
  return Apply(warehouse, items, 0, -1, MovementCause::kRelease, movements);
}

absl::Status StockBook::Commit(const WarehouseId& warehouse, std::span<const StockItem> items,
                               std::vector<StockMovement>& movements) {
  return Apply(warehouse, items, -1, -1, MovementCause::kCommit, movements);
}

absl::Status StockBook::Restock(const WarehouseId& warehouse, std::span<const StockItem> items,
                                std::vector<StockMovement>& movements) {
  return Apply(warehouse, items, +1, 0, MovementCause::kRestock, movements);
}

absl::Status StockBook::Apply(const WarehouseId& warehouse, std::span<const StockItem> items, int quantity_sign,
                              int reserved_sign, MovementCause cause, std::vector<StockMovement>& movements) {
  assert(HoldsEachProductOnce(items));
  for (const StockItem& item : items) {
    assert(item.quantity > 0);
    const LevelKey key{item.product_id, warehouse};
    const Entry* entry = Lookup(key);
    const StockLevel level = entry == nullptr ? StockLevel{} : entry->level;
    if (level.reserved + reserved_sign * std::int64_t{item.quantity} < 0) {
      return absl::InternalError(absl::StrCat("cannot ", std::string(MovementCauseName(cause)), " ", item.quantity,
                                              " of product ", item.product_id.ToString(), ": ", Numbers(level)));
    }
    if (level.quantity + quantity_sign * std::int64_t{item.quantity} > kStockQuantityMax) {
      return StockError("cannot restock", key,
                        absl::StrCat("putting back ", item.quantity, " would go above the limit of ", kStockQuantityMax,
                                     ": ", Numbers(level)));
    }
  }
  for (const StockItem& item : items) {
    const LevelKey key{item.product_id, warehouse};
    Entry& entry = Own(key);
    const std::int64_t quantity_delta = quantity_sign * std::int64_t{item.quantity};
    const std::int64_t reserved_delta = reserved_sign * std::int64_t{item.quantity};
    entry.level.quantity += quantity_delta;
    entry.level.reserved += reserved_delta;
    entry.changed = true;
    assert(0 <= entry.level.reserved && entry.level.reserved <= entry.level.quantity);
    movements.push_back({key, quantity_delta, reserved_delta, entry.level.quantity, entry.level.reserved, cause});
  }
  return absl::OkStatus();
}

absl::Status StockBook::Adjust(const LevelKey& key, std::int64_t delta, std::vector<StockMovement>& movements) {
  const Entry* found = Lookup(key);
  const StockLevel level = found == nullptr ? StockLevel{} : found->level;
  // Compared without adding: `delta` may be any int64.
  if (delta > kStockQuantityMax - level.quantity) {
    return StockError("cannot adjust the stock", key,
                      absl::StrCat("a change of ", delta, " would raise the quantity above the limit of ",
                                   kStockQuantityMax, ": ", Numbers(level)));
  }
  if (delta < -level.quantity) {
    return StockError("cannot adjust the stock", key,
                      absl::StrCat("a change of ", delta, " would take the quantity below 0: ", Numbers(level)));
  }
  if (delta < -level.available()) {
    return StockError(
        "cannot adjust the stock", key,
        absl::StrCat("a change of ", delta, " would take the quantity below what is reserved: ", Numbers(level)));
  }
  Entry& entry = Own(key);
  if (delta == 0 && entry.loaded) return absl::OkStatus();
  entry.level.quantity += delta;
  entry.changed = true;
  if (delta == 0) return absl::OkStatus();
  movements.push_back({key, delta, 0, entry.level.quantity, entry.level.reserved, MovementCause::kAdjust});
  return absl::OkStatus();
}

std::optional<StockLevel> StockBook::Find(const LevelKey& key) const {
  const Entry* entry = Lookup(key);
  if (entry == nullptr) return std::nullopt;
  return entry->level;
}

std::vector<StockBook::Changed> StockBook::ChangedLevels() const {
  std::vector<Changed> changed;
  changed.reserve(levels_.size());
  for (const auto& [key, entry] : levels_) {
    if (entry.changed) changed.push_back({key, entry.level, !entry.loaded});
  }
  std::sort(changed.begin(), changed.end(), [](const Changed& a, const Changed& b) { return a.key < b.key; });
  return changed;
}

std::vector<StockItem> SumByProduct(std::span<const OrderLine> lines) {
  std::vector<StockItem> items;
  items.reserve(lines.size());
  for (const OrderLine& line : lines) {
    assert(line.product_id.has_value());
    items.push_back({*line.product_id, line.sku, line.quantity});
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const StockItem& a, const StockItem& b) { return a.product_id < b.product_id; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (items[i].product_id == items[kept].product_id) {
      items[kept].quantity += items[i].quantity;
      if (items[kept].sku.empty()) items[kept].sku = std::move(items[i].sku);
    } else if (++kept != i) {
      items[kept] = std::move(items[i]);
    }
  }
  if (!items.empty()) items.resize(kept + 1);
  return items;
}

}  // namespace logistics::domain
