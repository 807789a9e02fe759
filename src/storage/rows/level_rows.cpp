#include "storage/rows/level_rows.hpp"

#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kLevels = {
    "levels",
    "SELECT product_id, warehouse_id, quantity, reserved, (extract(epoch from updated_at) * 1000000)::bigint "
    "FROM stock_levels WHERE ($1::uuid[] = '{}' OR product_id = ANY($1::uuid[])) "
    "AND ($2::uuid[] = '{}' OR warehouse_id = ANY($2::uuid[])) ORDER BY product_id, warehouse_id"};

}  // namespace

std::vector<ports::LevelRow> ReadLevels(Session& session, const std::vector<domain::ProductId>& products,
                                        const std::vector<domain::WarehouseId>& warehouses) {
  ArrayParam product_ids;
  for (const domain::ProductId& id : products) product_ids.Add(id);
  ArrayParam warehouse_ids;
  for (const domain::WarehouseId& id : warehouses) warehouse_ids.Add(id);
  std::vector<ports::LevelRow> levels;
  for (const pqxx::row& row : session.Execute(kLevels, Params().Add(product_ids).Add(warehouse_ids))) {
    levels.push_back({{domain::ProductId(ReadUuid(row[0])), domain::WarehouseId(ReadUuid(row[1]))},
                      {row[2].as<std::int64_t>(), row[3].as<std::int64_t>()},
                      absl::FromUnixMicros(row[4].as<std::int64_t>())});
  }
  return levels;
}

}  // namespace logistics::storage
