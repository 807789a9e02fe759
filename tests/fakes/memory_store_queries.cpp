// The reading half of MemoryStore: lists, the catalogue, levels.
#include <algorithm>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "fakes/memory_store.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::fakes {
namespace {

std::int64_t SortValue(const domain::Order& order, ports::OrderSort sort) {
  switch (sort) {
    case ports::OrderSort::kCreatedAt:
      return absl::ToUnixMicros(order.created_at);
    case ports::OrderSort::kUpdatedAt:
      return absl::ToUnixMicros(order.updated_at);
    case ports::OrderSort::kTotalAmount:
      return domain::TenThousandths(order.total_minor, order.currency);
    case ports::OrderSort::kStatus:
      return static_cast<std::int64_t>(order.status);
  }
  return 0;
}

bool Matches(const domain::Order& order, const ports::OrderQuery& query) {
  return (!query.status || order.status == *query.status) &&
         (!query.customer_id || order.customer_id == *query.customer_id) &&
         (!query.created_from || order.created_at >= *query.created_from) &&
         (!query.created_before || order.created_at < *query.created_before);
}

// The place of an order within a list: its sort value, what breaks a tie of statuses, its id.
using Position = std::tuple<std::int64_t, absl::Time, domain::OrderId>;

Position PositionOf(const domain::Order& order, ports::OrderSort sort) {
  return {SortValue(order, sort), sort == ports::OrderSort::kStatus ? order.created_at : absl::Time(), order.id};
}

template <typename Row>
std::vector<Row> PageOf(std::vector<Row> rows, std::size_t first, std::size_t size) {
  first = std::min(first, rows.size());
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first));
  rows.resize(std::min(size, rows.size()));
  return rows;
}

std::size_t FirstOfPage(int page, int page_size) {
  return static_cast<std::size_t>(page - 1) * static_cast<std::size_t>(page_size);
}

}  // namespace

absl::StatusOr<ports::OrderPage> MemoryStore::List(const ports::OrderQuery& query,
                                                   const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  if (const absl::Status status = CheckSort(query); !status.ok()) return status;
  const auto position = [&query](const domain::Order& order) { return PositionOf(order, query.sort); };
  const auto before = [&query](const Position& a, const Position& b) { return query.descending ? b < a : a < b; };

  std::vector<domain::Order> rows;
  for (const auto& [id, order] : tables_.orders) {
    if (Matches(order, query)) rows.push_back(order);
  }
  std::sort(rows.begin(), rows.end(),
            [&](const domain::Order& a, const domain::Order& b) { return before(position(a), position(b)); });

  ports::OrderPage page;
  const auto count = static_cast<std::int64_t>(rows.size());
  page.total_is_lower_bound = list_count_max_ > 0 && count > list_count_max_;
  page.total_count = page.total_is_lower_bound ? list_count_max_ : count;
  std::size_t first = FirstOfPage(query.page, query.page_size);
  if (query.after) {
    Position after(0, absl::Time(), query.after->id);
    if (!absl::SimpleAtoi(query.after->sort_value, &std::get<0>(after))) {
      return absl::InvalidArgumentError("the sort value of the page to continue from is not one of this store");
    }
    // Tokens have minor units, and no time of creation: their order tells the rest.
    const auto of_token = tables_.orders.find(query.after->id);
    if (of_token != tables_.orders.end()) {
      std::get<1>(after) = std::get<1>(position(of_token->second));
      if (query.sort == ports::OrderSort::kTotalAmount) std::get<0>(after) = std::get<0>(position(of_token->second));
    }
    const auto behind = std::find_if(rows.begin(), rows.end(),
                                     [&](const domain::Order& order) { return before(after, position(order)); });
    first = static_cast<std::size_t>(behind - rows.begin());
  }
  page.orders = PageOf(std::move(rows), first, static_cast<std::size_t>(query.page_size));
  const bool more = static_cast<std::int64_t>(first + page.orders.size()) < count;
  if (more && !page.orders.empty()) {
    const domain::Order& last = page.orders.back();
    page.next = ports::OrderQuery::After{std::to_string(SortValue(last, query.sort)), last.id};
  }
  return page;
}

absl::Status MemoryStore::CheckSort(const ports::OrderQuery& query) const {
  using ports::OrderSort;
  const bool dates = query.created_from || query.created_before;
  const bool in_order = (query.sort == OrderSort::kCreatedAt && !(query.status && query.customer_id)) ||
                        (query.sort == OrderSort::kStatus && !query.customer_id && (query.status || !dates)) ||
                        (query.sort == OrderSort::kUpdatedAt && !query.status && !query.customer_id && !dates);
  if (in_order || list_count_max_ == 0) return absl::OkStatus();
  // Of the dates and one filter more.
  ports::OrderQuery by_status = query;
  by_status.customer_id.reset();
  ports::OrderQuery by_customer = query;
  by_customer.status.reset();
  const auto fits = [this](const ports::OrderQuery& filter) {
    return std::count_if(tables_.orders.begin(), tables_.orders.end(),
                         [&](const auto& row) { return Matches(row.second, filter); }) <= list_count_max_;
  };
  const bool both = query.status && query.customer_id;
  if (both ? fits(by_status) || fits(by_customer) : fits(query)) return absl::OkStatus();
  return domain::InvalidFieldsError({{query.sort == OrderSort::kCreatedAt ? "status_filter" : "sort_by", "too many"}});
}

absl::StatusOr<domain::Product> MemoryStore::GetProduct(const domain::ProductId& id,
                                                        const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = tables_.products.find(id);
  if (found == tables_.products.end())
    return absl::NotFoundError(absl::StrCat("product ", id.ToString(), " does not exist"));
  return found->second;
}

absl::StatusOr<ports::ProductPage> MemoryStore::ListProducts(const std::string& category, int page, int page_size,
                                                             const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<domain::Product> rows;
  for (const auto& [sku, id] : tables_.skus) {
    const domain::Product& product = tables_.products.at(id);
    if (category.empty() || product.category == category) rows.push_back(product);
  }
  ports::ProductPage result;
  result.total_count = static_cast<std::int64_t>(rows.size());
  result.products = PageOf(std::move(rows), FirstOfPage(page, page_size), static_cast<std::size_t>(page_size));
  return result;
}

absl::StatusOr<std::vector<ports::LevelRow>> MemoryStore::Levels(const std::vector<domain::ProductId>& products,
                                                                 const std::vector<domain::WarehouseId>& warehouses,
                                                                 const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  return LevelRows(products, warehouses);
}

std::vector<ports::LevelRow> MemoryStore::LevelRows(const std::vector<domain::ProductId>& products,
                                                    const std::vector<domain::WarehouseId>& warehouses) const {
  const auto wanted = [](const auto& ids, const auto& id) {
    return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  std::vector<ports::LevelRow> rows;
  for (const auto& [key, stored] : tables_.levels) {
    if (wanted(products, key.product_id) && wanted(warehouses, key.warehouse_id)) {
      rows.push_back({key, stored.level, stored.updated_at});
    }
  }
  return rows;
}

}  // namespace logistics::fakes
