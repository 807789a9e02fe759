#include "storage/rows/level_rows.hpp"

#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

#define LOGISTICS_LEVEL_COLUMNS                                   \
  "SELECT l.product_id, l.warehouse_id, l.quantity, l.reserved, " \
  "(extract(epoch from l.updated_at) * 1000000)::bigint "
#define LOGISTICS_LEVEL_WAREHOUSES "($2::uuid[] = '{}' OR l.warehouse_id = ANY($2::uuid[])) "
constexpr Statement kLevels = {"levels", LOGISTICS_LEVEL_COLUMNS
                               "FROM stock_levels l WHERE $1::uuid[] = '{}' AND " LOGISTICS_LEVEL_WAREHOUSES
                               "ORDER BY l.product_id, l.warehouse_id"};
constexpr Statement kLevelsOfProducts = {
    "levels_of_products", LOGISTICS_LEVEL_COLUMNS
    "FROM (SELECT DISTINCT id FROM unnest($1::uuid[]) AS p(id)) w "
    "CROSS JOIN LATERAL (SELECT * FROM stock_levels s WHERE s.product_id = w.id OFFSET 0) l "
    "WHERE " LOGISTICS_LEVEL_WAREHOUSES "ORDER BY l.product_id, l.warehouse_id"};
// A page costs the page, by the primary key: of all products as a walk from the last key on, of some as one look each.
constexpr Statement kLevelsAfter = {
    "levels_after", LOGISTICS_LEVEL_COLUMNS
    "FROM stock_levels l WHERE (l.product_id, l.warehouse_id) > ($3::uuid, $4::uuid) AND $1::uuid[] = '{}' "
    "AND " LOGISTICS_LEVEL_WAREHOUSES "ORDER BY l.product_id, l.warehouse_id LIMIT $5::integer"};
constexpr Statement kLevelsOfProductsAfter = {
    "levels_of_products_after", LOGISTICS_LEVEL_COLUMNS
    "FROM (SELECT DISTINCT id FROM unnest($1::uuid[]) AS p(id) WHERE id >= $3::uuid ORDER BY id) w "
    "CROSS JOIN LATERAL (SELECT * FROM stock_levels s WHERE s.product_id = w.id OFFSET 0) l "
    "WHERE (l.product_id, l.warehouse_id) > ($3::uuid, $4::uuid) AND " LOGISTICS_LEVEL_WAREHOUSES
    "ORDER BY l.product_id, l.warehouse_id LIMIT $5::integer"};
#undef LOGISTICS_LEVEL_COLUMNS
#undef LOGISTICS_LEVEL_WAREHOUSES

// A row that another writer changed meanwhile is looked at again, by the conditions of the level that locks. With the
// join on that level Postgres 18.0 leaves out the rows behind such a one; here it has one table.
constexpr Statement kLockLevels = {
    "lock_levels",
    "SELECT l.product_id, l.warehouse_id, l.quantity, l.reserved "
    "FROM (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS u(product_id, warehouse_id) ORDER BY 1, 2) k "
    "CROSS JOIN LATERAL (SELECT * FROM stock_levels s WHERE s.product_id = k.product_id "
    "AND s.warehouse_id = k.warehouse_id FOR UPDATE) l"};
constexpr Statement kUpdateLevels = {
    "update_levels",
    "UPDATE stock_levels l SET quantity = c.quantity, reserved = c.reserved, updated_at = $5::timestamptz "
    "FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS "
    "c(product_id, warehouse_id, quantity, reserved) "
    "WHERE l.product_id = c.product_id AND l.warehouse_id = c.warehouse_id"};
// Where another writer creates the same level at this moment the insert fails and the batch runs again.
constexpr Statement kInsertLevels = {
    "insert_levels",
    "INSERT INTO stock_levels (product_id, warehouse_id, quantity, reserved, updated_at) "
    "SELECT c.product_id, c.warehouse_id, c.quantity, c.reserved, $5::timestamptz "
    "FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS "
    "c(product_id, warehouse_id, quantity, reserved)"};
constexpr Statement kInsertMovements = {
    "insert_movements",
    "INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta, "
    "quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at) "
    "SELECT $1::uuid, m.*, $13::timestamptz FROM unnest($2::integer[], $3::uuid[], $4::uuid[], $5::bigint[], "
    "$6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::uuid[], $11::text[], $12::text[]) AS m"};

void AddLevels(StatementGroup& group, const Statement& statement, const Columns& columns, absl::Time now) {
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  group.Add(statement, params.Add(now));
}

Params FilterParams(const std::vector<domain::ProductId>& products,
                    const std::vector<domain::WarehouseId>& warehouses) {
  ArrayParam product_ids;
  for (const domain::ProductId& id : products) product_ids.Add(id);
  ArrayParam warehouse_ids;
  for (const domain::WarehouseId& id : warehouses) warehouse_ids.Add(id);
  return Params().Add(product_ids).Add(warehouse_ids);
}

// In the order of LOGISTICS_LEVEL_COLUMNS.
std::vector<ports::LevelRow> LevelsOf(const pqxx::result& rows) {
  std::vector<ports::LevelRow> levels;
  for (const pqxx::row& row : rows) {
    levels.push_back({{domain::ProductId(ReadUuid(row[0])), domain::WarehouseId(ReadUuid(row[1]))},
                      {row[2].as<std::int64_t>(), row[3].as<std::int64_t>()},
                      absl::FromUnixMicros(row[4].as<std::int64_t>())});
  }
  return levels;
}

}  // namespace

std::vector<ports::LevelRow> ReadLevels(Session& session, const std::vector<domain::ProductId>& products,
                                        const std::vector<domain::WarehouseId>& warehouses) {
  return LevelsOf(session.Execute(products.empty() ? kLevels : kLevelsOfProducts, FilterParams(products, warehouses)));
}

std::vector<ports::LevelRow> ReadLevelsAfter(Session& session, const ports::StockScope& scope,
                                             const std::optional<domain::LevelKey>& after, int limit) {
  // No id is nil.
  const domain::LevelKey key = after.value_or(domain::LevelKey());
  return LevelsOf(session.Execute(scope.products.empty() ? kLevelsAfter : kLevelsOfProductsAfter,
                                  FilterParams(scope.products, scope.warehouses)
                                      .Add(key.product_id.uuid())
                                      .Add(key.warehouse_id.uuid())
                                      .Add(std::int64_t{limit})));
}

void LockLevels(PipelineSession& session, const std::set<domain::LevelKey>& keys, commands::State& state) {
  if (keys.empty()) return;
  Columns columns(2);
  for (const domain::LevelKey& key : keys) columns.AddRow(key.product_id, key.warehouse_id);
  Params params;
  columns.AddTo(params);
  session.Queue(kLockLevels, std::move(params), [&state](const Rows& rows) {
    for (const Row& row : rows) {
      state.LoadLevel({domain::ProductId(ReadUuid(row[0])), domain::WarehouseId(ReadUuid(row[1]))},
                      {row[2].as<std::int64_t>(), row[3].as<std::int64_t>()});
    }
  });
}

void StoreLevels(StatementGroup& group, const std::map<domain::LevelKey, domain::StockBook::Changed>& levels,
                 absl::Time now) {
  Columns updated(4);
  Columns created(4);
  for (const auto& [key, change] : levels) {
    (change.created ? created : updated)
        .AddRow(key.product_id, key.warehouse_id, change.level.quantity, change.level.reserved);
  }
  AddLevels(group, kUpdateLevels, updated, now);
  AddLevels(group, kInsertLevels, created, now);
}

void InsertMovements(StatementGroup& group, std::span<const commands::MovementRow> movements,
                     const domain::Uuid& batch_id, absl::Time now) {
  if (movements.empty()) return;
  Columns columns(11);
  for (const commands::MovementRow& row : movements) {
    const domain::StockMovement& movement = row.movement;
    columns.AddRow(static_cast<std::int32_t>(columns.rows()), movement.key.product_id, movement.key.warehouse_id,
                   movement.quantity_delta, movement.reserved_delta, movement.quantity_after, movement.reserved_after,
                   domain::MovementCauseName(movement.cause), row.reservation_id, row.reason, row.reference);
  }
  Params params;
  params.Add(batch_id);
  columns.AddTo(params);
  group.Add(kInsertMovements, params.Add(now));
}

}  // namespace logistics::storage
