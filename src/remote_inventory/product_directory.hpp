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
class PeerProductDirectory final : public ports::ProductDirectory {
 public:
  static constexpr std::size_t kProductsMax = 100'000;  // remembered; a full memory starts anew
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

  // Learns every sku of `lines` that has no id beside it, as far as the peer knows it.
  absl::Status LearnSkus(const std::vector<domain::OrderLine>& lines, const ports::CallContext& context);
  absl::Status ListAll(const ports::CallContext& context);
  // NOT_FOUND when the peer does not know the id.
  absl::StatusOr<Found> Find(const domain::ProductId& id, const ports::CallContext& context);
  absl::StatusOr<Found> Ask(const domain::ProductId& id, const Product& known, const ports::CallContext& context);
  absl::Status CheckLocations(const std::vector<domain::OrderLine>& lines,
                              const absl::flat_hash_map<domain::ProductId, Found>& found) const;

  bool Fresh(absl::Time at, absl::Duration age_max) const;
  // The product of a sku, by a recent answer or the last listing.
  std::optional<domain::ProductId> FindSkuLocked(const std::string& sku) const;
  bool KnowsSkusLocked(const std::vector<domain::OrderLine>& lines) const;
  void RememberSkuLocked(const domain::ProductId& id, const std::string& sku, absl::Time at);
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
  bool listing_ = false;
  // Of the last complete listing.
  absl::Time listing_began_at_ = absl::InfiniteFuture();
  absl::Time listing_ended_at_ = absl::InfinitePast();
};

}  // namespace logistics::remote_inventory
