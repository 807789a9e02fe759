#include "remote_inventory/product_directory.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/validation.hpp"
#include "remote_inventory/parallel.hpp"

namespace logistics::remote_inventory {
namespace {

constexpr char kLocationRule[] =
    "the inventory service changes every location of a product when it releases or commits, so only products with a "
    "level in one location can be sold from it; remove the other levels there (those of 0 too) and try again after "
    "inventory.remote.remember_for, or allow it with inventory.remote.multi_location: warn";

absl::Status TimeIsUp() {
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the inventory service did not answer in time",
                                 kRetryAfter);
}

}  // namespace

PeerProductDirectory::PeerProductDirectory(const DirectoryOptions& options, ports::InventoryPeer& peer,
                                           const ports::Clock& clock)
    : options_(options), peer_(peer), clock_(clock) {}

absl::StatusOr<std::vector<domain::OrderLine>> PeerProductDirectory::Resolve(
    const std::vector<domain::OrderLine>& lines, const ports::CallContext& context) {
  absl::flat_hash_map<std::string, domain::ProductId> ids_by_sku;
  if (absl::Status status = LearnSkus(lines, context, ids_by_sku); !status.ok()) return status;
  std::vector<domain::ProductId> ids;
  for (const domain::OrderLine& line : lines) {
    if (line.product_id) ids.push_back(*line.product_id);
  }
  for (const auto& [sku, id] : ids_by_sku) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());

  std::vector<absl::StatusOr<Found>> answers(ids.size(), absl::UnknownError("not asked"));
  ForEachAtOnce(ids.size(), kReadsAtOnceMax, [&](std::size_t i) { answers[i] = Find(ids[i], context); });
  absl::flat_hash_map<domain::ProductId, Found> found;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (answers[i].ok()) {
      found.emplace(ids[i], *std::move(answers[i]));
    } else if (!absl::IsNotFound(answers[i].status())) {
      return answers[i].status();
    }
  }

  std::vector<domain::OrderLine> resolved = lines;
  const auto find = [&](const domain::OrderLine& line) -> const domain::ProductRef* {
    std::optional<domain::ProductId> id = line.product_id;
    if (!id) {
      const auto by_sku = ids_by_sku.find(line.sku);
      if (by_sku != ids_by_sku.end()) id = by_sku->second;
    }
    const auto product = id ? found.find(*id) : found.end();
    return product == found.end() ? nullptr : &product->second.ref;
  };
  if (absl::Status status = domain::ResolveProducts(resolved, find); !status.ok()) return status;
  if (absl::Status status = CheckLocations(resolved, found); !status.ok()) return status;
  return resolved;
}

absl::Status PeerProductDirectory::LearnSkus(const std::vector<domain::OrderLine>& lines,
                                             const ports::CallContext& context,
                                             absl::flat_hash_map<std::string, domain::ProductId>& ids_by_sku) {
  std::unique_lock lock(mutex_);
  WantLocked(lines, +1);
  absl::Status status;
  while (status.ok() &&
         !std::all_of(lines.begin(), lines.end(), [this](const auto& line) { return SettledLocked(line); })) {
    if (listing_) {
      if (!WaitLocked(lock, context)) status = TimeIsUp();
      continue;
    }
    listing_ = true;
    if (next_page_ == 1 || !Fresh(began_at_, options_.remember_for)) {
      next_page_ = 1;
      listed_ = 0;
      began_at_ = clock_.Now();
      listing_ended_at_ = absl::InfinitePast();  // what it left out is no longer known
      left_out_ = false;
      wanted_then_.clear();
      for (const auto& [sku, count] : wanted_) wanted_then_.insert(sku);
    }
    lock.unlock();
    status = ListRest(context);
    lock.lock();
    listing_ = false;
    if (status.ok()) {
      next_page_ = 1;
      listing_began_at_ = began_at_;
      listing_ended_at_ = clock_.Now();
    }
    changed_.notify_all();
  }
  for (const domain::OrderLine& line : lines) {
    if (line.product_id) continue;
    if (const std::optional<domain::ProductId> id = FindSkuLocked(line.sku)) ids_by_sku[line.sku] = *id;
  }
  WantLocked(lines, -1);
  return status;
}

// listing_ is set: nobody else touches the page.
absl::Status PeerProductDirectory::ListRest(const ports::CallContext& context) {
  for (; next_page_ <= kListPagesMax; ++next_page_) {
    const absl::StatusOr<ports::ProductPage> answer = peer_.ListProducts("", next_page_, kListPageSize, context);
    if (!answer.ok()) return answer.status();
    const absl::Time now = clock_.Now();
    const std::scoped_lock lock(mutex_);
    for (const domain::Product& product : answer->products) {
      if (HasRoomLocked(product.sku)) {
        RememberSkuLocked(product.id, product.sku, now);
      } else {
        left_out_ = true;
      }
    }
    listed_ += static_cast<std::int64_t>(answer->products.size());
    if (answer->products.empty() || listed_ >= answer->total_count) return absl::OkStatus();
  }
  spdlog::warn("inventory: the service lists more than {} products; those after it are found by their id only",
               static_cast<std::int64_t>(kListPagesMax) * kListPageSize);
  return absl::OkStatus();
}

absl::StatusOr<PeerProductDirectory::Found> PeerProductDirectory::Find(const domain::ProductId& id,
                                                                       const ports::CallContext& context) {
  std::unique_lock lock(mutex_);
  Product known;
  for (;;) {
    if (const auto product = products_.find(id); product != products_.end()) known = product->second;
    if (Fresh(known.sku_at, options_.remember_for) && Fresh(known.locations_at, options_.remember_for)) {
      return Found{{id, known.sku}, known.locations};
    }
    if (asking_.count(id) == 0) break;
    if (!WaitLocked(lock, context)) return TimeIsUp();
  }
  asking_.insert(id);
  lock.unlock();
  absl::StatusOr<Found> answer = Ask(id, known, context);
  lock.lock();
  asking_.erase(id);
  changed_.notify_all();
  return answer;
}

absl::StatusOr<PeerProductDirectory::Found> PeerProductDirectory::Ask(const domain::ProductId& id, const Product& known,
                                                                      const ports::CallContext& context) {
  Found found{{id, known.sku}, 0};
  const bool sku_is_known = Fresh(known.sku_at, options_.remember_for);
  if (!sku_is_known) {
    const absl::StatusOr<domain::Product> product = peer_.GetProduct(id, context);
    if (!product.ok()) return product.status();
    found.ref.sku = product->sku;
  }
  const absl::StatusOr<std::vector<ports::LevelRow>> levels = peer_.Levels({id}, {}, context);
  if (!levels.ok()) return levels.status();
  found.locations = levels->size();
  if (found.locations > 1 && options_.multi_location == MultiLocation::kWarn) {
    spdlog::warn("inventory: product {} (sku {}) has levels in {} locations: {}", id.ToString(), found.ref.sku,
                 found.locations, kLocationRule);
  }

  const absl::Time now = clock_.Now();
  const std::scoped_lock lock(mutex_);
  if (!sku_is_known) RememberSkuLocked(id, found.ref.sku, now);
  Product& product = ProductLocked(id);
  product.locations = found.locations;
  product.locations_at = now;
  return found;
}

absl::Status PeerProductDirectory::CheckLocations(const std::vector<domain::OrderLine>& lines,
                                                  const absl::flat_hash_map<domain::ProductId, Found>& found) const {
  if (options_.multi_location == MultiLocation::kWarn) return absl::OkStatus();
  std::vector<domain::ConditionViolation> violations;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Found& product = found.at(*lines[i].product_id);
    if (product.locations <= 1) continue;
    violations.push_back({"LOCATION", absl::StrCat("items[", i, "]"),
                          absl::StrCat("product ", product.ref.id.ToString(), " (sku ", domain::Quoted(product.ref.sku),
                                       ") has levels in ", product.locations, " locations")});
  }
  if (violations.empty()) return absl::OkStatus();
  return domain::ConditionError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat(violations[0].subject, ": ", violations[0].description,
                   violations.size() > 1 ? absl::StrCat(" (and ", violations.size() - 1, " more)") : "", ": ",
                   kLocationRule),
      violations);
}

// A time ahead of now is of a clock that was set back.
bool PeerProductDirectory::Fresh(absl::Time at, absl::Duration age_max) const {
  const absl::Time now = clock_.Now();
  return at <= now && now - at < age_max;
}

std::optional<domain::ProductId> PeerProductDirectory::FindSkuLocked(const std::string& sku) const {
  const auto known = by_sku_.find(sku);
  if (known == by_sku_.end()) return std::nullopt;
  const bool listed = known->second.at >= listing_began_at_;
  return listed || Fresh(known->second.at, options_.remember_for) ? std::optional(known->second.id) : std::nullopt;
}

bool PeerProductDirectory::KnowsSkuLocked(const domain::OrderLine& line) const {
  if (line.product_id) return true;
  const auto known = by_sku_.find(line.sku);
  return known != by_sku_.end() && Fresh(known->second.at, options_.remember_for);
}

bool PeerProductDirectory::SettledLocked(const domain::OrderLine& line) const {
  if (KnowsSkuLocked(line)) return true;
  return Fresh(listing_ended_at_, kUnknownSkuFor) && (!left_out_ || wanted_then_.contains(line.sku));
}

void PeerProductDirectory::WantLocked(const std::vector<domain::OrderLine>& lines, int count) {
  for (const domain::OrderLine& line : lines) {
    if (line.product_id) continue;
    const auto wanted = wanted_.try_emplace(line.sku, 0).first;
    wanted->second += count;
    if (wanted->second == 0) wanted_.erase(wanted);
  }
}

bool PeerProductDirectory::HasRoomLocked(const std::string& sku) const {
  return by_sku_.size() < options_.products_max || by_sku_.contains(sku) || wanted_.contains(sku);
}

void PeerProductDirectory::RememberSkuLocked(const domain::ProductId& id, const std::string& sku, absl::Time at) {
  Product& product = ProductLocked(id);
  product.sku = sku;
  product.sku_at = at;
  if (sku.empty()) return;
  if (by_sku_.size() >= options_.products_max && !by_sku_.contains(sku)) {
    auto place = by_sku_.begin();
    while (place != by_sku_.end() && wanted_.contains(place->first)) ++place;
    if (place != by_sku_.end()) by_sku_.erase(place);
  }
  by_sku_[sku] = {id, at};
}

PeerProductDirectory::Product& PeerProductDirectory::ProductLocked(const domain::ProductId& id) {
  if (products_.size() >= options_.products_max && !products_.contains(id)) products_.erase(products_.begin());
  return products_[id];
}

bool PeerProductDirectory::WaitLocked(std::unique_lock<std::mutex>& lock, const ports::CallContext& context) {
  constexpr absl::Duration kLookAgain = absl::Seconds(1);
  const absl::Time now = absl::Now();
  if (now >= context.deadline) return false;
  changed_.wait_until(lock, absl::ToChronoTime(std::min(context.deadline, now + kLookAgain)));
  return true;
}

}  // namespace logistics::remote_inventory
