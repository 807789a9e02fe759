// Stock: products, levels, and who gets what. The one place where levels are computed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"

namespace logistics::domain {

struct Product {
  ProductId id;
  std::string sku;  // unique
  std::string name;
  std::string description;
  std::string category;
  std::map<std::string, std::string> attributes;
  absl::Time created_at;
  absl::Time updated_at;
  friend bool operator==(const Product&, const Product&) = default;
};

// Where stock lies: a product in a warehouse. The order of keys is the order in which rows are locked.
struct LevelKey {
  ProductId product_id;
  WarehouseId warehouse_id;
  friend auto operator<=>(const LevelKey&, const LevelKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const LevelKey& key) {
    return H::combine(std::move(state), key.product_id, key.warehouse_id);
  }
};

// Invariant: 0 <= reserved <= quantity <= kStockQuantityMax.
struct StockLevel {
  std::int64_t quantity = 0;  // physical
  std::int64_t reserved = 0;
  std::int64_t available() const { return quantity - reserved; }
  friend bool operator==(const StockLevel&, const StockLevel&) = default;
};

// So many pieces of one product; what a reservation consists of (one entry a product, sorted by product).
struct StockItem {
  ProductId product_id;
  std::string sku;
  std::int32_t quantity = 0;
  friend bool operator==(const StockItem&, const StockItem&) = default;
};

enum class MovementCause { kReserve, kRelease, kCommit, kAdjust, kRestock };
// "reserve", "release", "commit", "adjust", "restock": the ledger's word.
std::string_view MovementCauseName(MovementCause cause);

// One line of the movement ledger; the sum of all of a level is the level.
struct StockMovement {
  LevelKey key;
  std::int64_t quantity_delta = 0;
  std::int64_t reserved_delta = 0;
  std::int64_t quantity_after = 0;
  std::int64_t reserved_after = 0;
  MovementCause cause = MovementCause::kAdjust;
};

// An item that cannot be had.
struct StockShortage {
  StockItem wanted;
  std::int64_t available = 0;
};

// FAILED_PRECONDITION with one ConditionViolation of type "STOCK" an item: its product, wanted and available.
absl::Status ShortStockError(std::span<const StockShortage> shortages);

// The levels of one batch while it is decided: those that were locked, changed in arrival order. Pure, no I/O.
// Every operation either happens whole and returns its movements, or changes nothing. Not thread-safe.
class StockBook {
 public:
  StockBook() = default;
  // A journal of `base`: it reads through to the base's levels and keeps its own changes, until the base merges them.
  // The base outlives it and does not change meanwhile.
  explicit StockBook(const StockBook* base) : base_(base) {}
  // Takes over the levels that a journal of this book changed.
  void Merge(StockBook&& journal);

  // A level that was read under lock. A key never loaded does not exist: its available is 0.
  void Load(const LevelKey& key, const StockLevel& level);

  // All or nothing: empty result = held, the movements are appended to `movements`; else the shortages, nothing is
  // held. `items` holds each product once.
  std::vector<StockShortage> Reserve(const WarehouseId& warehouse, std::span<const StockItem> items,
                                     std::vector<StockMovement>& movements);

  // Gives back what Reserve held. INTERNAL when the book holds less than that (the caller's bug or damaged rows).
  absl::Status Release(const WarehouseId& warehouse, std::span<const StockItem> items,
                       std::vector<StockMovement>& movements);

  // Takes what Reserve held out of the books: quantity and reserved both sink.
  absl::Status Commit(const WarehouseId& warehouse, std::span<const StockItem> items,
                      std::vector<StockMovement>& movements);

  // Puts committed pieces back: quantity rises. FAILED_PRECONDITION above kStockQuantityMax.
  absl::Status Restock(const WarehouseId& warehouse, std::span<const StockItem> items,
                       std::vector<StockMovement>& movements);

  // A signed change of the physical quantity; a level comes into being with its first. FAILED_PRECONDITION with the
  // numbers when it would fall below 0 or below what is reserved, or rise above kStockQuantityMax.
  absl::Status Adjust(const LevelKey& key, std::int64_t delta, std::vector<StockMovement>& movements);

  std::optional<StockLevel> Find(const LevelKey& key) const;

  // Levels that an operation on this book changed, sorted by key. `created`: was not loaded.
  struct Changed {
    LevelKey key;
    StockLevel level;
    bool created = false;
  };
  std::vector<Changed> ChangedLevels() const;

 private:
  struct Entry {
    StockLevel level;
    bool loaded = false;
    bool changed = false;
  };
  absl::Status Apply(const WarehouseId& warehouse, std::span<const StockItem> items, int quantity_sign,
                     int reserved_sign, MovementCause cause, std::vector<StockMovement>& movements);
  // nullptr where the level does not exist.
  const Entry* Lookup(const LevelKey& key) const;
  // This book's own entry, made where there is none.
  Entry& Own(const LevelKey& key);

  const StockBook* base_ = nullptr;  // of a journal
  absl::flat_hash_map<LevelKey, Entry> levels_;
};

// Lines of one product summed, sorted by product. Every line has its product_id.
struct OrderLine;
std::vector<StockItem> SumByProduct(std::span<const OrderLine> lines);

}  // namespace logistics::domain
