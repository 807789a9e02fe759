#include "fakes/memory_order_log.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace logistics::fakes {
namespace {

domain::Uuid LogDatabaseId() {
  domain::Uuid::Bytes bytes{};
  bytes.back() = 1;
  return domain::Uuid(bytes);
}

// One for each order and version.
domain::Uuid LogChangeId(const domain::OrderId& order_id, std::int64_t version) {
  domain::Uuid::Bytes bytes = order_id.uuid().bytes();
  for (std::size_t i = 0; i < 8; ++i) bytes[i] ^= static_cast<std::uint8_t>(version >> (8 * i));
  return domain::Uuid(bytes);
}

bool Concerns(const ports::OrderScope& scope, const ports::OrderChange& change) {
  if (scope.order_id) return change.place.order_id == *scope.order_id;
  return !scope.customer_id || change.customer_id == *scope.customer_id;
}

// An order as it is after the changes that were applied to it.
struct LogOrder {
  absl::Time created_at;
  ports::OrderChange state;
};

}  // namespace

MemoryOrderLog::MemoryOrderLog(const ports::Clock& clock) : clock_(clock), database_id_(LogDatabaseId()) {}

std::int64_t MemoryOrderLog::Append(const std::vector<Change>& changes) {
  const std::scoped_lock lock(mutex_);
  const std::int64_t number = LastNumber() + 1;
  const absl::Time now = Now();
  Commit commit{now, {}};
  for (const Change& change : changes) {
    commit.changes.push_back(
        std::make_shared<const ports::OrderChange>(ports::OrderChange{{number, change.order_id, change.version},
                                                                      LogChangeId(change.order_id, change.version),
                                                                      change.customer_id,
                                                                      change.previous,
                                                                      change.status,
                                                                      change.notes,
                                                                      now,
                                                                      now}));
  }
  std::sort(commit.changes.begin(), commit.changes.end(),
            [](const auto& a, const auto& b) { return a->place < b->place; });
  commits_.push_back(std::move(commit));
  return number;
}

void MemoryOrderLog::FailWith(absl::Status status) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(status);
}

void MemoryOrderLog::RestoreTo(std::int64_t number) {
  const std::scoped_lock lock(mutex_);
  commits_.resize(std::min(commits_.size(), static_cast<std::size_t>(number)));
}

void MemoryOrderLog::DeleteUpTo(std::int64_t number) {
  const std::scoped_lock lock(mutex_);
  deleted_up_to_ = number;
}

void MemoryOrderLog::SetTimeline(std::int32_t timeline) {
  const std::scoped_lock lock(mutex_);
  timeline_ = timeline;
}

void MemoryOrderLog::SetDatabaseId(const domain::Uuid& id) {
  const std::scoped_lock lock(mutex_);
  database_id_ = id;
}

MemoryOrderLog::Reads MemoryOrderLog::reads() const {
  const std::scoped_lock lock(mutex_);
  return reads_;
}

absl::StatusOr<ports::LogHead> MemoryOrderLog::Head(const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  ++reads_.heads;
  if (!failure_.ok()) return failure_;
  return ports::LogHead{database_id_, timeline_, LastNumber(), Now(), deleted_up_to_};
}

absl::StatusOr<ports::OrderChanges> MemoryOrderLog::ReadAfter(const ports::OrderScope& scope,
                                                              const ports::LogPlace& place, int limit,
                                                              const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  const bool all = !scope.order_id && !scope.customer_id;
  ++(all ? reads_.changes_of_all : scope.order_id ? reads_.changes_of_order : reads_.changes_of_customer);
  if (!failure_.ok()) return failure_;
  if (deleted_up_to_ > 0 && place < ports::LogPlace::AfterCommit(deleted_up_to_)) {
    return absl::OutOfRangeError("changes behind it are deleted because of their age");
  }
  ports::OrderChanges page{place};
  if (all && place.number >= 1 && place.number <= LastNumber()) page.began_behind = At(place.number).committed_at;
  const auto full = [&](std::int64_t number) {
    return all ? number - place.number >= limit : std::ssize(page.changes) >= limit;
  };
  for (std::int64_t number = std::max<std::int64_t>(place.number, 1); number <= LastNumber(); ++number) {
    for (const auto& change : At(number).changes) {
      if (change->place > place && Concerns(scope, *change)) page.changes.push_back(change);
    }
    page.place = ports::LogPlace::AfterCommit(number);
    if (all) page.committed_at = At(number).committed_at;
    if (full(number)) {
      page.more = true;
      break;
    }
  }
  return page;
}

absl::StatusOr<ports::OrderStates> MemoryOrderLog::States(const ports::OrderScope& scope,
                                                          const std::optional<ports::OrderStates::After>& after,
                                                          int limit, const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  ++reads_.states;
  if (!failure_.ok()) return failure_;
  std::map<domain::OrderId, LogOrder> orders;
  for (const Commit& commit : commits_) {
    for (const auto& change : commit.changes) {
      if (!Concerns(scope, *change)) continue;
      LogOrder& order = orders.try_emplace(change->place.order_id, LogOrder{change->changed_at, *change}).first->second;
      order.state.place = change->place;
      order.state.id = change->id;
      order.state.status = change->status;
      order.state.changed_at = change->changed_at;
    }
  }
  std::map<std::pair<absl::Time, domain::OrderId>, ports::OrderChange> sorted;
  for (const auto& [id, order] : orders) sorted.emplace(std::pair(order.created_at, id), order.state);

  ports::OrderStates page;
  page.number = LastNumber();
  auto row = after ? sorted.upper_bound({after->created_at, after->id}) : sorted.begin();
  for (; row != sorted.end(); ++row) {
    if (std::ssize(page.orders) == limit) {
      const auto& [created_at, id] = std::prev(row)->first;
      page.next = ports::OrderStates::After{created_at, id};
      break;
    }
    ports::OrderChange state = row->second;
    state.place.number = page.number;
    state.previous = domain::OrderStatus::kUnknown;
    state.committed_at = Now();
    page.orders.push_back(std::make_shared<const ports::OrderChange>(std::move(state)));
  }
  return page;
}

absl::StatusOr<std::optional<absl::Time>> MemoryOrderLog::CommittedAt(std::int64_t number,
                                                                      const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  ++reads_.times;
  if (!failure_.ok()) return failure_;
  if (number >= 1 && number <= deleted_up_to_) return absl::OutOfRangeError("it is deleted because of its age");
  if (number < 1 || number > LastNumber()) return std::nullopt;
  return At(number).committed_at;
}

absl::StatusOr<std::int64_t> MemoryOrderLog::NumberBefore(absl::Time time, std::int64_t number,
                                                          const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  ++reads_.numbers;
  if (!failure_.ok()) return failure_;
  number = std::min(number, LastNumber());
  while (number > 0 && At(number).committed_at >= time) --number;
  return number;
}

// Microseconds, as a database holds them.
absl::Time MemoryOrderLog::Now() const { return absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now())); }

}  // namespace logistics::fakes
