#include <algorithm>
#include <set>

#include "storage/batch/payment_rows.hpp"
#include "storage/batch/write_transaction.hpp"
#include "storage/rows/order_rows.hpp"
#include "storage/rows/reservation_rows.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kClaimKeys = {
    "claim_keys",
    "INSERT INTO idempotency_keys (customer_id, key, order_id, fingerprint) "
    "SELECT k.customer_id, k.key, k.order_id, decode(k.fingerprint, 'hex') "
    "FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) AS k(customer_id, key, order_id, fingerprint) "
    "ORDER BY k.customer_id, k.key COLLATE \"C\" ON CONFLICT DO NOTHING RETURNING order_id"};
// A statement of its own: in the one above the loser would not see the winner's row.
constexpr Statement kReadKeys = {"read_keys",
                                 "SELECT i.customer_id, i.key, i.order_id, encode(i.fingerprint, 'hex') "
                                 "FROM unnest($1::uuid[], $2::text[]) AS k(customer_id, key) "
                                 "JOIN idempotency_keys i ON i.customer_id = k.customer_id AND i.key = k.key"};
constexpr Statement kClaimSkus = {
    "claim_skus",
    "INSERT INTO products (id, sku, name, description, category, attribute_names, attribute_values, created_at, "
    "updated_at) SELECT p.id, p.sku, p.name, p.description, p.category, p.names::text[], p.contents::text[], "
    "p.created_at, p.created_at "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], "
    "$8::timestamptz[]) AS p(id, sku, name, description, category, names, contents, created_at) "
    "ORDER BY p.sku COLLATE \"C\" ON CONFLICT (sku) DO NOTHING RETURNING id"};
constexpr Statement kFindProducts = {"find_products",
                                     "SELECT id, sku FROM products WHERE id = ANY($1::uuid[]) UNION "
                                     "SELECT id, sku FROM products WHERE sku = ANY($2::text[])"};
constexpr Statement kLockLevels = {
    "lock_levels",
    "SELECT l.product_id, l.warehouse_id, l.quantity, l.reserved "
    "FROM unnest($1::uuid[], $2::uuid[]) AS k(product_id, warehouse_id) "
    "JOIN stock_levels l ON l.product_id = k.product_id AND l.warehouse_id = k.warehouse_id "
    "ORDER BY l.product_id, l.warehouse_id FOR UPDATE OF l"};

}  // namespace

BatchState WriteTransaction::Load(const WriteBatch& batch) {
  BatchState state;
  ClaimKeys(batch, state);
  ClaimSkus(batch, state);
  LockOrders(batch, state);
  LoadMessages(session_, batch, state);
  ResolveProducts(batch, state);
  LockLevels(batch, state);
  return state;
}

void WriteTransaction::ClaimKeys(const WriteBatch& batch, BatchState& state) {
  absl::flat_hash_map<domain::Uuid, const PendingWrite*> claimants;  // by the id of the order they would make
  Columns columns(4);
  Columns keys(2);
  for (const auto& item : batch) {
    const domain::NewOrder* claimant = KeyClaimant(item->command);
    if (claimant == nullptr) continue;
    const domain::NewOrder& order = *claimant;
    columns.AddRow(order.order.customer_id, order.idempotency_key, order.order.id, Hex(order.fingerprint));
    keys.AddRow(order.order.customer_id, order.idempotency_key);
    claimants.emplace(order.order.id.uuid(), item.get());
    state.claims[item.get()].claim = Claim::kLostGone;
  }
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  for (const pqxx::row& row : session_.Execute(kClaimKeys, params)) {
    state.claims[claimants.at(ReadUuid(row[0]))].claim = Claim::kWon;
  }
  if (std::all_of(state.claims.begin(), state.claims.end(),
                  [](const auto& entry) { return entry.second.claim == Claim::kWon; })) {
    return;
  }

  Params key_params;
  keys.AddTo(key_params);
  absl::flat_hash_map<std::pair<domain::Uuid, std::string>, std::pair<domain::Uuid, std::string>> winners;
  for (const pqxx::row& row : session_.Execute(kReadKeys, key_params)) {
    winners[{ReadUuid(row[0]), row[1].c_str()}] = {ReadUuid(row[2]), row[3].c_str()};
  }
  std::vector<domain::OrderId> existing;
  for (auto& [item, claim] : state.claims) {
    if (claim.claim == Claim::kWon) continue;
    const domain::NewOrder& order = *KeyClaimant(item->command);
    const auto winner = winners.find({order.order.customer_id.uuid(), order.idempotency_key});
    if (winner == winners.end()) continue;
    const bool same = winner->second.second == Hex(order.fingerprint);
    claim.claim = same ? Claim::kLostSame : Claim::kLostOther;
    if (same) existing.emplace_back(winner->second.first);
  }
  std::vector<domain::Order> orders = ReadOrders(session_, existing, false);
  for (auto& [item, claim] : state.claims) {
    if (claim.claim != Claim::kLostSame) continue;
    const domain::NewOrder& order = *KeyClaimant(item->command);
    const domain::OrderId id(winners.at({order.order.customer_id.uuid(), order.idempotency_key}).first);
    const auto found = std::find_if(orders.begin(), orders.end(), [&](const domain::Order& o) { return o.id == id; });
    if (found == orders.end()) {
      claim.claim = Claim::kLostGone;
    } else {
      claim.existing = *found;
    }
  }
}

void WriteTransaction::ClaimSkus(const WriteBatch& batch, BatchState& state) {
  absl::flat_hash_map<domain::Uuid, const PendingWrite*> claimants;
  Columns columns(8);
  for (const auto& item : batch) {
    const auto* create = std::get_if<CreateProductCommand>(&item->command);
    if (create == nullptr) continue;
    const domain::Product& product = create->product;
    ArrayParam names;
    ArrayParam contents;
    for (const auto& [name, content] : product.attributes) {
      names.Add(name);
      contents.Add(content);
    }
    columns.AddRow(product.id, product.sku, product.name, product.description, product.category, names.Literal(),
                   contents.Literal(), product.created_at);
    claimants.emplace(product.id.uuid(), item.get());
    state.claims[item.get()].claim = Claim::kLostOther;
  }
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  for (const pqxx::row& row : session_.Execute(kClaimSkus, params)) {
    state.claims[claimants.at(ReadUuid(row[0]))].claim = Claim::kWon;
  }
}

void WriteTransaction::LockOrders(const WriteBatch& batch, BatchState& state) {
  std::vector<domain::OrderId> ids;
  for (const auto& item : batch) {
    if (const auto id = LockedOrder(item->command)) ids.push_back(*id);
  }
  for (domain::Order& order : ReadOrders(session_, ids, true)) state.orders.emplace(order.id, std::move(order));
  for (domain::Reservation& reservation : LockReservations(session_, ids)) {
    state.reservations.emplace(domain::OrderId(reservation.id), std::move(reservation));
  }
}

void WriteTransaction::ResolveProducts(const WriteBatch& batch, BatchState& state) {
  ArrayParam unknown_ids;
  ArrayParam unknown_skus;
  bool unknown = false;
  const auto found = [&](const ProductRef& product) {
    state.products_by_id.emplace(product.id, product);
    state.products_by_sku.emplace(product.sku, product);
  };
  const auto need_id = [&](const domain::ProductId& id) {
    if (state.products_by_id.contains(id)) return;
    if (const auto product = products_.FindById(id)) return found(*product);
    unknown_ids.Add(id);
    unknown = true;
  };
  const auto need_sku = [&](const std::string& sku) {
    if (sku.empty() || state.products_by_sku.contains(sku)) return;
    if (const auto product = products_.FindBySku(sku)) return found(*product);
    unknown_skus.Add(sku);
    unknown = true;
  };
  const auto need_all = [&](const auto& items) {
    for (const auto& wanted : items) {
      if (wanted.product_id) {
        need_id(*wanted.product_id);
      } else {
        need_sku(wanted.sku);
      }
    }
  };
  for (const auto& item : batch) {
    if (const auto* create = std::get_if<CreateOrderCommand>(&item->command)) {
      need_all(create->order.order.lines);
    } else if (const auto* reserve = std::get_if<ReserveStockCommand>(&item->command)) {
      need_all(reserve->hold.items);
    } else if (const auto* adjust = std::get_if<AdjustStockCommand>(&item->command)) {
      need_id(adjust->adjustment.key.product_id);
    }
  }
  if (!unknown) return;
  for (const pqxx::row& row : session_.Execute(kFindProducts, Params().Add(unknown_ids).Add(unknown_skus))) {
    const ProductRef product{domain::ProductId(ReadUuid(row[0])), row[1].c_str()};
    found(product);
    // What this batch itself is about to create is not committed yet and may never be.
    const bool ours = std::any_of(batch.begin(), batch.end(), [&](const auto& item) {
      const auto* create = std::get_if<CreateProductCommand>(&item->command);
      return create != nullptr && create->product.id == product.id;
    });
    if (!ours) products_.Add(product);
  }
}

void WriteTransaction::LockLevels(const WriteBatch& batch, BatchState& state) {
  std::set<domain::LevelKey> keys;
  const auto add_all = [&](const auto& items, const domain::WarehouseId& warehouse) {
    for (const auto& wanted : items) {
      if (wanted.product_id) {
        keys.insert({*wanted.product_id, warehouse});
      } else if (const auto product = state.products_by_sku.find(wanted.sku); product != state.products_by_sku.end()) {
        keys.insert({product->second.id, warehouse});
      }
    }
  };
  for (const auto& item : batch) {
    if (const auto* create = std::get_if<CreateOrderCommand>(&item->command)) {
      add_all(create->order.order.lines, create->order.order.warehouse_id);
    } else if (const auto* reserve = std::get_if<ReserveStockCommand>(&item->command)) {
      add_all(reserve->hold.items, reserve->hold.warehouse_id);
    } else if (const auto* adjust = std::get_if<AdjustStockCommand>(&item->command)) {
      keys.insert(adjust->adjustment.key);
    }
  }
  for (const auto& [order_id, reservation] : state.reservations) {
    for (const domain::StockItem& stock_item : reservation.items) {
      keys.insert({stock_item.product_id, reservation.warehouse_id});
    }
  }
  if (keys.empty()) return;
  Columns columns(2);
  for (const domain::LevelKey& key : keys) columns.AddRow(key.product_id, key.warehouse_id);
  Params params;
  columns.AddTo(params);
  for (const pqxx::row& row : session_.Execute(kLockLevels, params)) {
    state.stock.Load({domain::ProductId(ReadUuid(row[0])), domain::WarehouseId(ReadUuid(row[1]))},
                     {row[2].as<std::int64_t>(), row[3].as<std::int64_t>()});
  }
}

}  // namespace logistics::storage
