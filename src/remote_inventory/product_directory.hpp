#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/order_products.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/inventory_peer.hpp"
#include "logistics/ports/product_directory.hpp"
#include "remote_inventory/options.hpp"

namespace logistics::remote_inventory {

// Asks the peer and remembers its answers for the configured time: which product an id or a sku is (the peer has no
// look-up by sku, so all its items are listed), and in how many locations it has a level. One question for a product,
// and one listing, at a time; later callers wait for its answer. A sku that a listing did not have is asked for again
// after kUnknownSkuFor. Thread-safe.
//
// The peer may have more products than are remembered: a listing then keeps those that callers wait for. Where the time
// of a caller ends before the listing, the next caller goes on with it.
class PeerProductDirectory final : public ports::ProductDirectory {
 public:
  static constexpr int kListPageSize = 100;
  static constexpr int kListPagesMax = 10'000;
  static constexpr absl::Duration kUnknownSkuFor = absl::Seconds(10);

  // References outlive the directory.
  PeerProductDirectory(const DirectoryOptions& options, ports::InventoryPeer& peer, const ports::Clock& clock);

  absl::StatusOr<std::vector<domain::OrderLine>> Resolve(const std::vector<domain::OrderLine>& lines,
                                                         const ports::CallContext& context) override;

 private:
  struct Product {
    std::string sku;
    absl::Time sku_at = absl::InfinitePast();  // of the peer's answer
    std::size_t locations = 0;
    absl::Time locations_at = absl::InfinitePast();
  };
  struct Found {
    domain::ProductRef ref;
    std::size_t locations = 0;
  };
  struct BySku {
    domain::ProductId id;
    absl::Time at;
  };

  // Gives the product of every sku of `lines` that has no id beside it, as far as the peer knows it.
  absl::Status LearnSkus(const std::vector<domain::OrderLine>& lines, const ports::CallContext& context,
                         absl::flat_hash_map<std::string, domain::ProductId>& ids_by_sku);
  absl::Status ListRest(const ports::CallContext& context);
  // NOT_FOUND when the peer does not know the id.
  absl::StatusOr<Found> Find(const domain::ProductId& id, const ports::CallContext& context);
  absl::StatusOr<Found> Ask(const domain::ProductId& id, const Product& known, const ports::CallContext& context);
  absl::Status CheckLocations(const std::vector<domain::OrderLine>& lines,
                              const absl::flat_hash_map<domain::ProductId, Found>& found) const;

  bool Fresh(absl::Time at, absl::Duration age_max) const;
  // The product of a sku, by a recent answer or the last listing.
  std::optional<domain::ProductId> FindSkuLocked(const std::string& sku) const;
  bool KnowsSkuLocked(const domain::OrderLine& line) const;
  // Nothing more is to be learned of it: it is known, or the last listing, not long ago, would have had it.
  bool SettledLocked(const domain::OrderLine& line) const;
  // Wants one for each line that a listing has to find, or one less.
  void WantLocked(const std::vector<domain::OrderLine>& lines, int count);
  // In a full memory, replaces one that no caller waits for.
  void RememberSkuLocked(const domain::ProductId& id, const std::string& sku, absl::Time at);
  // False: the memory is full and no caller waits for this one.
  bool HasRoomLocked(const std::string& sku) const;
  Product& ProductLocked(const domain::ProductId& id);
  // False when the caller's time is up.
  bool WaitLocked(std::unique_lock<std::mutex>& lock, const ports::CallContext& context);

  const DirectoryOptions options_;
  ports::InventoryPeer& peer_;
  const ports::Clock& clock_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  absl::flat_hash_map<domain::ProductId, Product> products_;
  absl::flat_hash_map<std::string, BySku> by_sku_;
  absl::flat_hash_set<domain::ProductId> asking_;
  absl::flat_hash_map<std::string, int> wanted_;  // skus that callers wait for a listing to find, and how many wait
  bool listing_ = false;
  // Of the listing that is going on, or that a caller's time did not suffice for.
  int next_page_ = 1;
  std::int64_t listed_ = 0;
  absl::Time began_at_;
  bool left_out_ = false;                         // the memory was full
  absl::flat_hash_set<std::string> wanted_then_;  // skus that it was begun with
  // Of the last complete listing; the two above too, until the next begins.
  absl::Time listing_began_at_ = absl::InfiniteFuture();
  absl::Time listing_ended_at_ = absl::InfinitePast();
};

}  // namespace logistics::remote_inventory
