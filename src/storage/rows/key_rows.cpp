#include "storage/rows/key_rows.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "storage/params/array_literal.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

using commands::Claim;
using commands::ClaimState;
using commands::KeyClaim;

constexpr Statement kClaimKeys = {
    "claim_keys",
    "INSERT INTO idempotency_keys (customer_id, key, order_id, fingerprint) "
    "SELECT k.customer_id, k.key, k.order_id, k.fingerprint "
    "FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[]) AS k(customer_id, key, order_id, fingerprint) "
    "ORDER BY k.customer_id, k.key COLLATE \"C\" ON CONFLICT DO NOTHING RETURNING order_id"};
// A statement of its own: in the one above the loser would not see the winner's row.
constexpr Statement kReadKeys = {"read_keys",
                                 "SELECT i.customer_id, i.key, i.order_id, encode(i.fingerprint, 'hex') "
                                 "FROM unnest($1::uuid[], $2::text[]) AS k(customer_id, key) "
                                 "JOIN idempotency_keys i ON i.customer_id = k.customer_id AND i.key = k.key"};
constexpr Statement kFreeKeys = {
    "free_keys",
    "DELETE FROM idempotency_keys i USING unnest($1::uuid[], $2::text[]) AS k(customer_id, key) "
    "WHERE i.customer_id = k.customer_id AND i.key = k.key"};
constexpr Statement kClaimSkus = {
    "claim_skus",
    "INSERT INTO products (id, sku, name, description, category, attribute_names, attribute_values, created_at, "
    "updated_at) SELECT p.id, p.sku, p.name, p.description, p.category, p.names::text[], p.contents::text[], "
    "p.created_at, p.created_at "
    "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], "
    "$8::timestamptz[]) AS p(id, sku, name, description, category, names, contents, created_at) "
    "ORDER BY p.sku COLLATE \"C\" ON CONFLICT (sku) DO NOTHING RETURNING id"};

// A command whose key another order has.
struct Loser {
  std::size_t index = 0;
  const KeyClaim* key = nullptr;
};

// Answers those whose key the same payload made before: with the order as it stands.
void ReadMade(PipelineSession& session, commands::State& state,
              std::vector<std::pair<std::size_t, domain::OrderId>> same) {
  std::vector<domain::OrderId> ids;
  ids.reserve(same.size());
  for (const auto& loser : same) ids.push_back(loser.second);
  QueueOrders(session, ids, /*lock=*/false, [&state, same = std::move(same)](const std::vector<domain::Order>& orders) {
    for (const auto& loser : same) {
      const auto found = std::find_if(orders.begin(), orders.end(),
                                      [&](const domain::Order& order) { return order.id == loser.second; });
      state.LoadClaim(loser.first, found == orders.end() ? ClaimState{Claim::kLostGone, std::nullopt}
                                                         : ClaimState{Claim::kLostSame, *found});
    }
  });
}

// Which order has the key, from which payload, and that order where the payload is the same.
void ReadWinners(PipelineSession& session, commands::State& state, std::vector<Loser> losers) {
  Columns columns(2);
  for (const Loser& loser : losers) columns.AddRow(loser.key->customer_id, loser.key->key);
  Params params;
  columns.AddTo(params);
  session.Queue(kReadKeys, std::move(params), [&session, &state, losers = std::move(losers)](const Rows& rows) {
    absl::flat_hash_map<std::pair<domain::Uuid, std::string>, std::pair<domain::OrderId, std::string>> winners;
    for (const Row& row : rows) {
      winners.insert_or_assign(std::pair(ReadUuid(row[0]), std::string(row[1].c_str())),
                               std::pair(domain::OrderId(ReadUuid(row[2])), std::string(row[3].c_str())));
    }
    std::vector<std::pair<std::size_t, domain::OrderId>> same;
    for (const Loser& loser : losers) {
      const auto winner = winners.find({loser.key->customer_id.uuid(), loser.key->key});
      if (winner == winners.end()) {
        state.LoadClaim(loser.index, {Claim::kLostGone, std::nullopt});
      } else if (winner->second.second != absl::BytesToHexString(loser.key->fingerprint)) {
        state.LoadClaim(loser.index, {Claim::kLostOther, std::nullopt});
      } else {
        same.emplace_back(loser.index, winner->second.first);
      }
    }
    if (!same.empty()) ReadMade(session, state, std::move(same));
  });
}

}  // namespace

void ClaimKeys(PipelineSession& session, std::span<const commands::Item> items, commands::State& state) {
  absl::flat_hash_map<domain::Uuid, Loser> claimants;  // by the id of the order they would make
  Columns columns(4);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].needs.key) continue;
    const KeyClaim& key = *items[i].needs.key;
    columns.AddRow(key.customer_id, key.key, key.order_id, Bytes{key.fingerprint});
    claimants.emplace(key.order_id.uuid(), Loser{i, &key});
  }
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  session.Queue(kClaimKeys, std::move(params),
                [&session, &state, claimants = std::move(claimants)](const Rows& rows) mutable {
                  for (const Row& row : rows) {
                    const auto winner = claimants.find(ReadUuid(row[0]));
                    state.LoadClaim(winner->second.index, {Claim::kWon, std::nullopt});
                    claimants.erase(winner);
                  }
                  std::vector<Loser> losers;
                  losers.reserve(claimants.size());
                  for (const auto& [order_id, loser] : claimants) losers.push_back(loser);
                  if (!losers.empty()) ReadWinners(session, state, std::move(losers));
                });
}

void ClaimSkus(PipelineSession& session, std::span<const commands::Item> items, commands::State& state) {
  absl::flat_hash_map<domain::Uuid, std::size_t> claimants;
  Columns columns(8);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].needs.new_product) continue;
    const domain::Product& product = *items[i].needs.new_product;
    ArrayLiteral names;
    ArrayLiteral contents;
    for (const auto& [name, content] : product.attributes) {
      names.Add(name);
      contents.Add(content);
    }
    columns.AddRow(product.id, product.sku, product.name, product.description, product.category, names.ToString(),
                   contents.ToString(), product.created_at);
    claimants.emplace(product.id.uuid(), i);
    state.LoadClaim(i, {Claim::kLostOther, std::nullopt});
  }
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  session.Queue(kClaimSkus, std::move(params), [&state, claimants = std::move(claimants)](const Rows& rows) {
    for (const Row& row : rows) state.LoadClaim(claimants.at(ReadUuid(row[0])), {Claim::kWon, std::nullopt});
  });
}

void FreeKeys(StatementGroup& group, std::span<const commands::Item> items, std::span<const std::size_t> unused) {
  Columns columns(2);
  for (const std::size_t index : unused) {
    if (const auto& key = items[index].needs.key) columns.AddRow(key->customer_id, key->key);
  }
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  group.Add(kFreeKeys, std::move(params));
}

}  // namespace logistics::storage
