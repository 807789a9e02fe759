#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "logistics/ports/inventory_peer.hpp"

namespace logistics::fakes {

enum class PeerCall { kReserve, kRelease, kCommit, kAdjust, kLevels, kGetProduct, kListProducts };

// What becomes of one call. "Done" is what the call does when nothing goes wrong.
enum class PeerFate {
  kAnswer,     // done and answered
  kNotSent,    // the peer never saw it
  kFailed,     // the peer refuses the call by a status, nothing done. Settlements: its deadlock, try again
  kLost,       // done, the answer is lost
  kLostSome,   // reserve: the first item is held, then the connection is gone. Else as kLost
  kNeverDone,  // not done, and nobody says so: to the caller the same as kLost
  kPartly,     // reserve: the first item is held, then it is refused. Else as kAnswer
  kLate,       // reserve: no answer, and held when LandLate is called (contract §2, point 11). Else as kNeverDone
};

// The mesh's inventory service in memory, as it really behaves (contract §2): a reserve holds item by item, leaves held
// what it holds when a later item is short, and holds again when it is said again; release and commit act on what is
// pending under the id, change the level of the product in every location, and find nothing the second time;
// adjustments add whenever they are said. Calls fail by script. Thread-safe: one lock over everything but the hook.
class ScriptedPeer final : public ports::InventoryPeer {
 public:
  // A product without a level. SKUs are not checked.
  void AddProduct(const domain::Product& product);
  domain::ProductId AddProduct(const domain::ProductId& id, const std::string& sku);
  // Sets a level, whatever was there; any numbers.
  void SetLevel(const domain::LevelKey& key, const domain::StockLevel& level);
  void RemoveLevel(const domain::LevelKey& key);
  // What is answered for `available` of this level instead of quantity - reserved.
  void SetSaidAvailable(const domain::LevelKey& key, std::int64_t available);

  // The fates of the next calls, in order; those after them are answered, or as the hook says.
  void Script(PeerCall call, std::vector<PeerFate> fates);
  // Asked for each call that has no fate by script, without the lock: it may block, and call the peer. `id` is that of
  // the order, or of the product; nil where there is none, or more than one.
  void SetHook(std::function<PeerFate(PeerCall call, const domain::Uuid& id)> hook);
  // From now on every call without another fate is kNotSent, or no longer.
  void SetUnavailable(bool unavailable);
  // The answer of NotAskedFor from now on.
  void SetNotAskedFor(absl::Duration time);
  // Holds what reserves of the fate kLate put off, as far as there is stock. How many reserves that were.
  int LandLate();

  // How often it was called, whatever became of it; kNotSent counts too.
  int Calls(PeerCall call) const;
  // The ids of the calls with an id of an order, in order.
  std::vector<domain::Uuid> Ids(PeerCall call) const;
  // Pieces pending under an id, of all items.
  std::int64_t Pending(const domain::Uuid& order_id) const;
  // Of all ids.
  std::int64_t PendingOfAll() const;
  std::optional<domain::StockLevel> Level(const domain::LevelKey& key) const;

  ports::PeerReserveAnswer Reserve(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                                   const std::vector<domain::StockItem>& items,
                                   const ports::CallContext& context) override;
  absl::StatusOr<ports::PeerSettled> Release(const domain::Uuid& order_id, const std::string& reason,
                                             const ports::CallContext& context) override;
  absl::StatusOr<ports::PeerSettled> Commit(const domain::Uuid& order_id, const ports::CallContext& context) override;
  absl::StatusOr<ports::LevelRow> Adjust(const ports::StockAdjustment& adjustment, const ports::CallContext& context,
                                         bool& sent) override;
  absl::Duration NotAskedFor() const override;
  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                      const std::vector<domain::WarehouseId>& warehouses,
                                                      const ports::CallContext& context) override;
  absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                  const ports::CallContext& context) override;

 private:
  struct Row {
    domain::StockLevel level;
    std::optional<std::int64_t> said_available;
  };
  struct LateReserve {
    domain::Uuid order_id;
    domain::WarehouseId warehouse;
    std::vector<domain::StockItem> items;
  };

  PeerFate FateOf(PeerCall call, const domain::Uuid& id);
  absl::StatusOr<ports::PeerSettled> Settle(PeerCall call, const domain::Uuid& order_id);
  // With the lock held. `items_max`: how many items it gets to.
  ports::PeerReserveAnswer HoldLocked(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                                      const std::vector<domain::StockItem>& items, std::size_t items_max);
  ports::LevelRow RowLocked(const domain::LevelKey& key) const;

  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::map<domain::ProductId, domain::Product> products_;
  std::map<domain::LevelKey, Row> levels_;
  std::map<domain::Uuid, std::vector<domain::StockItem>> pending_;
  std::vector<LateReserve> late_;
  std::map<PeerCall, std::deque<PeerFate>> script_;
  std::map<PeerCall, std::vector<domain::Uuid>> calls_;
  std::function<PeerFate(PeerCall, const domain::Uuid&)> hook_;
  bool unavailable_ = false;
  absl::Duration not_asked_for_;
};

}  // namespace logistics::fakes
