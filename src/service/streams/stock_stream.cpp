#include "service/streams/stock_stream.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "service/streams/errors.hpp"

namespace logistics::service {
namespace {

template <typename IdType>
bool IsOneOf(const std::vector<IdType>& sorted, const IdType& id) {
  return sorted.empty() || std::binary_search(sorted.begin(), sorted.end(), id);
}

}  // namespace

StockStream::StockStream(ports::StockScope scope) : scope_(std::move(scope)) {
  std::sort(scope_.products.begin(), scope_.products.end());
  scope_.products.erase(std::unique(scope_.products.begin(), scope_.products.end()), scope_.products.end());
  std::sort(scope_.warehouses.begin(), scope_.warehouses.end());
}

absl::StatusOr<StockStream::Step> StockStream::FillOnce(ports::StockLog& log, ports::IdGenerator& ids,
                                                        const StockUpdatesOptions& options,
                                                        std::optional<ports::LogHead>& head, std::int64_t position) {
  if (feed_->ended()) return Step::kEnded;
  // A stream begins to be live with room for changes.
  if (!feed_->HalfFree()) return Step::kParked;
  if (!has_all_levels_ && !page_) {
    const int limit = std::max(1, std::min(options.page, options.buffer / 2));
    absl::StatusOr<ports::StockSnapshot> page = log.Snapshot(scope_, after_, limit, StreamReadContext());
    if (!page.ok()) return page.status();
    if (!head) head = page->head;
    if (!ports::IsSameLog(*head, page->head, std::max(position_, position))) return Step::kReplaced;
    if (!std::exchange(begun_, true)) position_ = page->head.number;
    page_ = *std::move(page);
  }
  if (page_ && position_ >= page_->head.number) return OfferLevels(ids);
  if (has_all_levels_ && position_ >= position) return Step::kCaughtUp;
  return OfferChanges(log, options.commits_page, *head);
}

// A page is at most half of the feed, which is free.
StockStream::Step StockStream::OfferLevels(ports::IdGenerator& ids) {
  bool wake = false;
  for (const ports::LevelRow& level : page_->levels) {
    wake |= feed_->Offer(std::make_shared<const StockUpdate>(StockUpdate{true, ids.NewId(), level})) == Offered::kFirst;
  }
  after_ = page_->next;
  has_all_levels_ = !after_;
  page_.reset();
  if (wake) feed_->Wake();
  return Step::kGoOn;
}

absl::StatusOr<StockStream::Step> StockStream::OfferChanges(ports::StockLog& log, int commits_page,
                                                            const ports::LogHead& head) {
  const absl::StatusOr<ports::StockChanges> page = log.ReadAfter(position_, commits_page, StreamReadContext());
  if (!page.ok()) return page.status();
  if (!ports::IsSameLog(head, page->head, position_)) return Step::kReplaced;
  const std::int64_t until = page_ ? page_->head.number : std::numeric_limits<std::int64_t>::max();
  const std::size_t skipped = looked_at_;  // of the first commit
  const std::int64_t first = position_ + 1;
  std::int64_t number = 0;
  std::size_t place = 0;  // of the change in its commit
  bool wake = false;
  bool full = false;
  for (auto change = page->changes.begin(); change != page->changes.end() && change->number <= until; ++change) {
    place = change->number == number ? place + 1 : 0;
    number = change->number;
    if ((number == first && place < skipped) || !Wants(*change)) continue;
    const Offered offered =
        feed_->Offer(std::make_shared<const StockUpdate>(StockUpdate{false, change->id, change->level}));
    wake |= offered == Offered::kFirst;
    full = offered == Offered::kFull;
    if (full) break;
  }
  position_ = full ? number - 1 : std::min(page->position, until);
  looked_at_ = full ? place : 0;
  if (wake) feed_->Wake();
  return full ? Step::kParked : Step::kGoOn;
}

bool StockStream::Wants(const ports::StockChange& change) const {
  const domain::LevelKey& key = change.level.key;
  return change.number > position_ && IsOneOf(scope_.products, key.product_id) &&
         IsOneOf(scope_.warehouses, key.warehouse_id) && (has_all_levels_ || (after_ && key <= *after_));
}

}  // namespace logistics::service
