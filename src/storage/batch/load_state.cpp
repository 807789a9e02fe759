#include "storage/batch/load_state.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "storage/rows/adjustment_rows.hpp"
#include "storage/rows/key_rows.hpp"
#include "storage/rows/order_rows.hpp"
#include "storage/rows/payment_rows.hpp"
#include "storage/rows/product_rows.hpp"
#include "storage/rows/reservation_rows.hpp"

namespace logistics::storage {
namespace {

void LockOrders(PipelineSession& session, std::span<const commands::Item> items, commands::State& state) {
  std::vector<domain::OrderId> ids;
  for (const commands::Item& item : items) {
    if (item.needs.order) ids.push_back(*item.needs.order);
  }
  QueueOrders(session, ids, /*lock=*/true, [&state](std::vector<domain::Order> orders) {
    for (domain::Order& order : orders) state.LoadOrder(std::move(order));
  });
  LockReservations(session, ids, state);
}

// Whether the levels that a command needs depend on rows that it names.
bool RowsSayLevels(const commands::Item& item) {
  return item.needs.order || item.needs.message || item.needs.new_product;
}

// Finds products in the state, in the cache, and, all that are missing at once, in the database.
class ProductLoader {
 public:
  ProductLoader(commands::State& state, ProductCache& cache) : state_(state), cache_(cache) {}

  void Need(const domain::ProductId& id) {
    if (state_.FindProduct(id) != nullptr) return;
    if (const auto product = cache_.FindById(id)) return state_.LoadProduct(*product);
    missing_ids_.Add(id);
    missing_ = true;
  }
  void Need(const std::string& sku) {
    if (state_.FindProduct(sku) != nullptr) return;
    if (const auto product = cache_.FindBySku(sku)) return state_.LoadProduct(*product);
    missing_skus_.Add(sku);
    missing_ = true;
  }

  // Runs the session, too.
  void Read(PipelineSession& session, std::span<const commands::Item> items) {
    if (!missing_) return;
    for (const domain::ProductRef& product : ReadProductRefs(session, missing_ids_, missing_skus_)) {
      state_.LoadProduct(product);
      // What this batch itself is about to create is not committed yet and may never be.
      const bool ours = std::any_of(items.begin(), items.end(), [&](const commands::Item& item) {
        return item.needs.new_product && item.needs.new_product->id == product.id;
      });
      if (!ours) cache_.Add(product);
    }
    missing_ids_ = {};
    missing_skus_ = {};
    missing_ = false;
  }

 private:
  commands::State& state_;
  ProductCache& cache_;
  ArrayParam missing_ids_;
  ArrayParam missing_skus_;
  bool missing_ = false;
};

}  // namespace

void LoadState(PipelineSession& session, std::span<const commands::Item> items, ProductCache& products,
               LevelsOfItems& levels, commands::State& state) {
  ClaimKeys(session, items, state);
  ClaimAdjustments(session, items, state);
  ClaimSkus(session, items, state);
  LockOrders(session, items, state);
  LoadMessages(session, items, state);
  if (std::any_of(items.begin(), items.end(), RowsSayLevels)) session.Run();

  ProductLoader loader(state, products);
  for (const commands::Item& item : items) {
    for (const domain::ProductId& id : item.needs.product_ids) loader.Need(id);
    for (const std::string& sku : item.needs.skus) loader.Need(sku);
  }
  loader.Read(session, items);

  for (std::size_t i = 0; i < items.size(); ++i) {
    const commands::StockNeeds needs = commands::StockNeedsOf(items[i].command, state);
    for (const domain::ProductId& id : needs.product_ids) loader.Need(id);
    levels[i] = {needs.levels.begin(), needs.levels.end()};
  }
  loader.Read(session, items);
}

}  // namespace logistics::storage
