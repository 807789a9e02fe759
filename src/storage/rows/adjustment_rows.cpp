#include "storage/rows/adjustment_rows.hpp"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

using commands::AdjustmentClaim;
using commands::Claim;

constexpr Statement kClaimAdjustments = {
    "claim_adjustments",
    "INSERT INTO adjustment_requests (request_id, product_id, warehouse_id, delta) "
    "SELECT r.* FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[]) AS "
    "r(request_id, product_id, warehouse_id, delta) ORDER BY r.request_id COLLATE \"C\" "
    "ON CONFLICT DO NOTHING RETURNING request_id"};
// A statement of its own: in the one above the loser would not see the winner's row.
constexpr Statement kReadAdjustments = {"read_adjustments",
                                        "SELECT request_id, product_id, warehouse_id, delta FROM adjustment_requests "
                                        "WHERE request_id = ANY($1::text[])"};
constexpr Statement kFreeAdjustments = {"free_adjustments",
                                        "DELETE FROM adjustment_requests WHERE request_id = ANY($1::text[])"};

// Whether the lost ids were used for the same adjustments.
void ReadWinningAdjustments(PipelineSession& session, std::span<const commands::Item> items, commands::State& state,
                            absl::flat_hash_map<std::string, std::size_t> losers) {
  ArrayParam lost;
  for (const auto& [request_id, index] : losers) {
    lost.Add(request_id);
    state.LoadClaim(index, {Claim::kLostGone, std::nullopt});
  }
  session.Queue(kReadAdjustments, Params().Add(lost), [items, &state, losers = std::move(losers)](const Rows& rows) {
    for (const Row& row : rows) {
      const std::size_t index = losers.at(row[0].c_str());
      const AdjustmentClaim& claim = *items[index].needs.adjustment;
      const domain::LevelKey level{domain::ProductId(ReadUuid(row[1])), domain::WarehouseId(ReadUuid(row[2]))};
      const bool same = level == claim.level && row[3].as<std::int64_t>() == claim.delta;
      state.LoadClaim(index, {same ? Claim::kLostSame : Claim::kLostOther, std::nullopt});
    }
  });
}

}  // namespace

void ClaimAdjustments(PipelineSession& session, std::span<const commands::Item> items, commands::State& state) {
  absl::flat_hash_map<std::string, std::size_t> claimants;  // a batch has a request id once
  Columns columns(4);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].needs.adjustment) continue;
    const AdjustmentClaim& claim = *items[i].needs.adjustment;
    columns.AddRow(claim.request_id, claim.level.product_id, claim.level.warehouse_id, claim.delta);
    claimants.emplace(claim.request_id, i);
  }
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  session.Queue(kClaimAdjustments, std::move(params),
                [&session, items, &state, claimants = std::move(claimants)](const Rows& rows) mutable {
                  for (const Row& row : rows) {
                    const auto winner = claimants.find(row[0].c_str());
                    state.LoadClaim(winner->second, {Claim::kWon, std::nullopt});
                    claimants.erase(winner);
                  }
                  if (!claimants.empty()) ReadWinningAdjustments(session, items, state, std::move(claimants));
                });
}

void FreeAdjustments(StatementGroup& group, std::span<const commands::Item> items,
                     std::span<const std::size_t> unused) {
  ArrayParam ids;
  bool any = false;
  for (const std::size_t index : unused) {
    if (const auto& claim = items[index].needs.adjustment) {
      ids.Add(claim->request_id);
      any = true;
    }
  }
  if (any) group.Add(kFreeAdjustments, Params().Add(ids));
}

}  // namespace logistics::storage
