#include "storage/stores/postgres_stock_store.hpp"

#include "absl/strings/str_cat.h"
#include "storage/lists/list_read.hpp"
#include "storage/rows/level_rows.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

#define LOGISTICS_PRODUCT_COLUMNS                                                                          \
  "p.id, p.sku, p.name, p.description, p.category, (extract(epoch from p.created_at) * 1000000)::bigint, " \
  "(extract(epoch from p.updated_at) * 1000000)::bigint"

constexpr Statement kGetProduct = {"get_product",
                                   "SELECT " LOGISTICS_PRODUCT_COLUMNS " FROM products p WHERE p.id = $1::uuid"};
// An answer has no field that says that its total is a bound, so all are counted, by an index alone.
constexpr Statement kCountProducts = {"count_products", "SELECT count(*) FROM products"};
constexpr Statement kCountProductsOf = {"count_products_of", "SELECT count(*) FROM products WHERE category = $1::text"};
// An index alone finds the page.
#define LOGISTICS_PRODUCTS_OF_PAGE \
  " page CROSS JOIN LATERAL (SELECT * FROM products s WHERE s.sku = page.sku OFFSET 0) p ORDER BY p.sku"
constexpr Statement kListProducts = {
    "list_products",
    "SELECT " LOGISTICS_PRODUCT_COLUMNS
    " FROM (SELECT sku FROM products ORDER BY sku LIMIT $1::integer OFFSET $2::bigint)" LOGISTICS_PRODUCTS_OF_PAGE};
constexpr Statement kListProductsOf = {
    "list_products_of",
    "SELECT " LOGISTICS_PRODUCT_COLUMNS
    " FROM (SELECT sku FROM products WHERE (category, sku) >= ($3::text, '') AND category <= $3::text "
    "ORDER BY category, sku LIMIT $1::integer OFFSET $2::bigint)" LOGISTICS_PRODUCTS_OF_PAGE};
#undef LOGISTICS_PRODUCTS_OF_PAGE
constexpr Statement kAttributes = {"product_attributes",
                                   "SELECT p.id, a.name, a.content FROM unnest($1::uuid[]) AS w(id) CROSS JOIN LATERAL "
                                   "(SELECT * FROM products s WHERE s.id = w.id OFFSET 0) p CROSS JOIN LATERAL "
                                   "unnest(p.attribute_names, p.attribute_values) AS a(name, content)"};
std::vector<domain::Product> ReadProducts(Session& session, const pqxx::result& rows) {
  std::vector<domain::Product> products;
  absl::flat_hash_map<domain::Uuid, std::size_t> places;
  ArrayParam ids;
  for (const pqxx::row& row : rows) {
    places.emplace(ReadUuid(row[0]), products.size());
    ids.Add(ReadUuid(row[0]));
    products.push_back({domain::ProductId(ReadUuid(row[0])),
                        row[1].c_str(),
                        row[2].c_str(),
                        row[3].c_str(),
                        row[4].c_str(),
                        {},
                        absl::FromUnixMicros(row[5].as<std::int64_t>()),
                        absl::FromUnixMicros(row[6].as<std::int64_t>())});
  }
  if (products.empty()) return products;
  for (const pqxx::row& row : session.Execute(kAttributes, Params().Add(ids))) {
    products[places.at(ReadUuid(row[0]))].attributes.emplace(row[1].c_str(), row[2].c_str());
  }
  return products;
}

}  // namespace

absl::StatusOr<domain::Product> PostgresStockStore::CreateProduct(const domain::Product& product,
                                                                  const ports::CallContext& context) {
  domain::Product stored = product;
  stored.created_at = ToMicroseconds(product.created_at);
  stored.updated_at = stored.created_at;
  return RunWrite(writes_, commands::CreateProduct{std::move(stored)}, context);
}

absl::StatusOr<ports::LevelRow> PostgresStockStore::Adjust(const ports::StockAdjustment& adjustment,
                                                           const ports::CallContext& context) {
  return RunWrite(writes_, commands::AdjustStock{adjustment}, context);
}

absl::StatusOr<ports::ReservationAnswer> PostgresStockStore::Reserve(const ports::ReservationRequest& hold,
                                                                     const ports::CallContext& context) {
  return RunWrite(writes_, commands::ReserveStock{hold}, context);
}

absl::StatusOr<ports::EndAnswer> PostgresStockStore::Release(const domain::ExternalId& id, const std::string& reason,
                                                             const ports::CallContext& context) {
  return RunWrite(writes_, commands::EndReservation{id, domain::StockAction::kRelease, reason}, context);
}

absl::StatusOr<ports::EndAnswer> PostgresStockStore::CommitReservation(const domain::ExternalId& id,
                                                                       const ports::CallContext& context) {
  return RunWrite(writes_, commands::EndReservation{id, domain::StockAction::kCommit, ""}, context);
}

absl::StatusOr<domain::Product> PostgresStockStore::GetProduct(const domain::ProductId& id,
                                                               const ports::CallContext& context) {
  auto found = pool_.Read(context, [&](Session& session) {
    return ReadProducts(session, session.Execute(kGetProduct, Params().Add(id.uuid())));
  });
  if (!found.ok()) return found.status();
  if (found->empty()) return absl::NotFoundError(absl::StrCat("product ", id.ToString(), " does not exist"));
  return std::move(found->front());
}

absl::StatusOr<ports::ProductPage> PostgresStockStore::ListProducts(const std::string& category, int page,
                                                                    int page_size, const ports::CallContext& context) {
  const bool all = category.empty();
  return ReadList(lists_, context, all ? "add category" : "ask for an earlier page", [&](Session& session) {
    Params counted;
    Params listed = Params().Add(std::int64_t{page_size}).Add(std::int64_t{page - 1} * page_size);
    if (!all) {
      counted.Add(category);
      listed.Add(category);
    }
    ports::ProductPage result;
    result.total_count = session.Execute(all ? kCountProducts : kCountProductsOf, counted)[0][0].as<std::int64_t>();
    result.products = ReadProducts(session, session.Execute(all ? kListProducts : kListProductsOf, listed));
    return result;
  });
}

absl::StatusOr<std::vector<ports::LevelRow>> PostgresStockStore::Levels(
    const std::vector<domain::ProductId>& products, const std::vector<domain::WarehouseId>& warehouses,
    const ports::CallContext& context) {
  SessionPool& pool = products.empty() ? lists_ : pool_;  // those of all products are a list
  return ReadList(pool, context, "name fewer item_ids, or some",
                  [&](Session& session) { return ReadLevels(session, products, warehouses); });
}

}  // namespace logistics::storage
