#include "storage/batch/row_waits.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "storage/batch/locked_rows.hpp"

namespace logistics::storage {

LevelsOfItems& RowWaits::Begin(std::size_t commands) {
  levels_.assign(commands, {});
  return levels_;
}

std::set<domain::LevelKey> RowWaits::Levels() const {
  std::set<domain::LevelKey> all;
  for (const auto& needed : levels_) all.insert(needed.begin(), needed.end());
  return all;
}

bool RowWaits::AnyLevelContested() const {
  return std::any_of(levels_.begin(), levels_.end(), [this](const std::set<domain::LevelKey>& needed) {
    return std::any_of(needed.begin(), needed.end(), [this](const domain::LevelKey& level) {
      return contested_.Contains(ContestedKeys::KeyOf(level));
    });
  });
}

bool RowWaits::RememberLocked(const std::vector<commands::Item>& items, bool at_levels) {
  std::vector<domain::OrderId> orders;
  for (const commands::Item& item : items) {
    if (item.needs.order) orders.push_back(*item.needs.order);
  }
  LockedRows<domain::LevelKey> levels;
  LockedRows<domain::OrderId> locked_orders;
  const auto failure = session_.Attempt(Tries::kOnce, [&](PipelineSession& session) {
    EndStalled(session);
    session.Begin();
    if (at_levels) levels = FindLockedLevels(session, Levels(), batch_wait_);
    locked_orders = FindLockedOrders(session, orders, batch_wait_);
    session.Script("ROLLBACK");
  });
  if (failure) spdlog::warn("the rows that a batch waited for are not known: {}", failure->text);
  for (const domain::LevelKey& level : levels.stuck) Remember(level);
  for (const domain::OrderId& id : locked_orders.stuck) contested_.Add(absl::HashOf(commands::OrderConflict(id)));
  const bool passing = levels.passing || locked_orders.passing;
  return !passing || !levels.stuck.empty() || !locked_orders.stuck.empty();
}

void RowWaits::Remember(const domain::LevelKey& level) {
  contested_.Add(ContestedKeys::KeyOf(level));
  contested_.Add(ContestedKeys::KeyOf(level.product_id));
  const auto product = products_.FindById(level.product_id);
  if (product) contested_.Add(ContestedKeys::KeyOf(product->sku));
}

bool RowWaits::NeedsContested(PendingWrite& item, std::size_t place) const {
  bool contested = contested_.ContainsAny(item.conflict_keys);
  for (const domain::LevelKey& level : levels_[place]) {
    const std::size_t key = ContestedKeys::KeyOf(level);
    if (!contested_.Contains(key)) continue;
    item.row_keys.push_back(key);
    contested = true;
  }
  return contested;
}

bool RowWaits::Await(const PendingWrite& item, absl::Time give_up) {
  for (const domain::LevelKey& level : levels_.front()) {
    if (!AwaitRow(ContestedKeys::KeyOf(level), give_up,
                  [&](PipelineSession& session) { AwaitLevel(session, level); })) {
      Remember(level);
      return false;
    }
  }
  const std::optional<domain::OrderId> order = commands::NeedsOf(item.command).order;
  if (!order) return absl::Now() < give_up;
  return AwaitRow(absl::HashOf(commands::OrderConflict(*order)), give_up,
                  [&](PipelineSession& session) { AwaitOrder(session, *order); });
}

bool RowWaits::AwaitRow(std::size_t key, absl::Time give_up, const std::function<void(PipelineSession&)>& lock) {
  while (contested_.Contains(key)) {
    const absl::Duration wait = std::min({give_up - absl::Now(), apart_wait_, ContestedKeys::kTtl / 2});
    if (wait < absl::Milliseconds(1)) return false;
    const auto failure = session_.Attempt(Tries::kOnce, [&](PipelineSession& session) {
      session.Queue("BEGIN");
      session.Queue(absl::StrCat("SET LOCAL lock_timeout = ", absl::ToInt64Milliseconds(wait)));
      lock(session);
      session.Script("ROLLBACK");
    });
    if (!failure) {
      contested_.Remove(key);
    } else if (failure->kind == FailureKind::kLocked) {
      contested_.Add(key);
      EndStalled();
    } else {
      break;  // the command itself meets the failure
    }
  }
  return absl::Now() < give_up;
}

void RowWaits::EndStalled() const {
  static_cast<void>(session_.Attempt(Tries::kOnce, [this](PipelineSession& session) { EndStalled(session); }));
}

void RowWaits::EndStalled(PipelineSession& session) const {
  const int ended = EndStalledWriters(session, stalled_after_);
  if (ended > 0) spdlog::warn("{} transactions of a replica that stands still were ended", ended);
}

void RowWaits::Forget(const PendingWrite& item) {
  for (const std::size_t key : item.conflict_keys) contested_.Remove(key);
  for (const std::size_t key : item.row_keys) contested_.Remove(key);
}

}  // namespace logistics::storage
