#include "storage/stores/order_changes.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/rows/change_log.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

using ports::LogPlace;
using ports::OrderChanges;

// A customer with no more than kFewOrders is read by the history of these orders, some 20 ms a page. One with more is
// read by commits, kCommitsSearched a page: the cost grows with the commits since the place, not with the customer's
// orders.
constexpr std::int64_t kFewOrders = 500;
constexpr std::int64_t kCommitsSearched = 512;

// OFFSET 0 keeps the planner from joining in another order: right after a bulk load, without statistics, it would read
// whole tables into a hash.
#define LOGISTICS_CHANGE_COLUMNS                                                                     \
  "SELECT c.number, (extract(epoch from c.committed_at) * 1000000)::bigint, h.order_id, h.version, " \
  "h.customer_id, h.previous_status, h.new_status, h.notes, (extract(epoch from h.changed_at) * 1000000)::bigint "
#define LOGISTICS_CHANGES_OF_COMMIT                                                                   \
  "LATERAL (SELECT s.*, (SELECT o.customer_id FROM orders o WHERE o.id = s.order_id) AS customer_id " \
  "FROM order_status_history s WHERE s.batch_id = c.batch_id OFFSET 0) h "
#define LOGISTICS_COMMIT_OF_CHANGE \
  "LATERAL (SELECT number, committed_at FROM commits WHERE batch_id = h.batch_id OFFSET 0) c "
// Whole commits, in order; within one as they come.
#define LOGISTICS_AFTER_PLACE                                               \
  "(c.number, h.order_id, h.version) > ($1::bigint, $2::uuid, $3::bigint) " \
  "ORDER BY c.number FETCH FIRST ($4::integer) ROWS WITH TIES"

// A commit without changes of orders is a row too: the place moves on over it. The first commit is the place's own.
constexpr Statement kChangesOfAll = {
    "order_log_all", LOGISTICS_CHANGE_COLUMNS
    "FROM (SELECT number, batch_id, committed_at FROM commits WHERE number BETWEEN $1::bigint AND $2::bigint "
    "ORDER BY number) c LEFT JOIN " LOGISTICS_CHANGES_OF_COMMIT "ON true ORDER BY c.number"};
constexpr Statement kChangesOfOrder = {
    "order_log_order", LOGISTICS_CHANGE_COLUMNS
    "FROM (SELECT s.*, (SELECT o.customer_id FROM orders o WHERE o.id = s.order_id) AS customer_id "
    "FROM order_status_history s WHERE s.order_id = $5::uuid OFFSET 0) h "
    "CROSS JOIN " LOGISTICS_COMMIT_OF_CHANGE "WHERE " LOGISTICS_AFTER_PLACE};
// A range of one customer, sorted as its index is: so the scan stops at the limit. With an equality it could first make
// a bitmap of all orders of the customer. (A small table of orders may be read whole instead.)
constexpr Statement kCountOrders = {
    "order_log_count",
    "SELECT count(*) FROM (SELECT 1 FROM orders WHERE (customer_id, created_at) >= ($1::uuid, '-infinity') AND "
    "customer_id <= $1::uuid ORDER BY customer_id, created_at LIMIT $2::bigint) o"};
constexpr Statement kChangesByOrders = {
    "order_log_customer", LOGISTICS_CHANGE_COLUMNS
    "FROM (SELECT id, customer_id FROM orders WHERE customer_id = $5::uuid OFFSET 0) o "
    "CROSS JOIN LATERAL (SELECT s.*, o.customer_id FROM order_status_history s WHERE s.order_id = o.id OFFSET 0) h "
    "CROSS JOIN " LOGISTICS_COMMIT_OF_CHANGE "WHERE " LOGISTICS_AFTER_PLACE};
constexpr Statement kChangesByCommits = {
    "order_log_customer_by_commits", LOGISTICS_CHANGE_COLUMNS
    "FROM (SELECT number, batch_id, committed_at FROM commits WHERE number BETWEEN $1::bigint AND $6::bigint "
    "ORDER BY number) c CROSS JOIN " LOGISTICS_CHANGES_OF_COMMIT
    "WHERE h.customer_id = $5::uuid AND " LOGISTICS_AFTER_PLACE};
#undef LOGISTICS_CHANGE_COLUMNS
#undef LOGISTICS_CHANGES_OF_COMMIT
#undef LOGISTICS_COMMIT_OF_CHANGE
#undef LOGISTICS_AFTER_PLACE

domain::OrderStatus ReadOrderStatus(const pqxx::field& field) {
  if (field.is_null()) return domain::OrderStatus::kUnknown;
  return domain::OrderStatusFromKey(field.c_str()).value_or(domain::OrderStatus::kUnknown);
}

// In the order of LOGISTICS_CHANGE_COLUMNS.
std::shared_ptr<const ports::OrderChange> ReadOrderChange(const pqxx::row& row) {
  auto change = std::make_shared<ports::OrderChange>();
  change->place = {row[0].as<std::int64_t>(), domain::OrderId(ReadUuid(row[2])), row[3].as<std::int64_t>()};
  change->committed_at = absl::FromUnixMicros(row[1].as<std::int64_t>());
  change->id = ChangeId(change->place);
  change->customer_id = domain::CustomerId(ReadUuid(row[4]));
  change->previous = ReadOrderStatus(row[5]);
  change->status = ReadOrderStatus(row[6]);
  change->notes = row[7].as<std::string>();
  change->changed_at = absl::FromUnixMicros(row[8].as<std::int64_t>());
  return change;
}

void SortByPlace(OrderChanges& page) {
  std::sort(page.changes.begin(), page.changes.end(), [](const auto& a, const auto& b) { return a->place < b->place; });
}

Params AfterPlace(const LogPlace& place, int limit) {
  return Params().Add(place.number).Add(place.order_id.uuid()).Add(place.version).Add(std::int64_t{limit});
}

// The last of the next `count` commits; numbers have no gaps.
std::int64_t CommitAfter(const LogPlace& place, std::int64_t count) {
  return place.number > std::numeric_limits<std::int64_t>::max() - count ? place.number : place.number + count;
}

// A page of whole commits. Where it is not full, everything up to commit `searched` was looked at.
OrderChanges ReadPage(const pqxx::result& rows, const LogPlace& place, int limit, std::int64_t searched) {
  OrderChanges page;
  for (const pqxx::row& row : rows) page.changes.push_back(ReadOrderChange(row));
  SortByPlace(page);
  page.more = std::ssize(page.changes) >= limit;
  page.place = std::max(place, LogPlace::AfterCommit(page.more ? page.changes.back()->place.number : searched));
  return page;
}

}  // namespace

OrderChanges ChangesOfAll(Session& session, const LogPlace& place, int limit) {
  OrderChanges page{place};
  const Params params = Params().Add(place.number).Add(CommitAfter(place, limit));
  for (const pqxx::row& row : session.Execute(kChangesOfAll, params)) {
    page.place = LogPlace::AfterCommit(row[0].as<std::int64_t>());
    page.committed_at = absl::FromUnixMicros(row[1].as<std::int64_t>());
    if (row[0].as<std::int64_t>() == place.number) page.began_behind = page.committed_at;
    if (row[2].is_null()) continue;
    auto change = ReadOrderChange(row);
    if (change->place > place) page.changes.push_back(std::move(change));
  }
  SortByPlace(page);
  page.more = page.place.number - place.number >= limit;
  return page;
}

OrderChanges ChangesOfOrder(Session& session, const domain::OrderId& id, const LogPlace& place, int limit) {
  const std::int64_t last = ReadLastNumber(session);
  return ReadPage(session.Execute(kChangesOfOrder, AfterPlace(place, limit).Add(id.uuid())), place, limit, last);
}

OrderChanges ChangesOfCustomer(Session& session, const domain::CustomerId& id, const LogPlace& place, int limit) {
  const std::int64_t last = ReadLastNumber(session);
  const Params counted = Params().Add(id.uuid()).Add(kFewOrders + 1);
  Params params = AfterPlace(place, limit).Add(id.uuid());
  if (session.Execute(kCountOrders, counted)[0][0].as<std::int64_t>() <= kFewOrders) {
    return ReadPage(session.Execute(kChangesByOrders, params), place, limit, last);
  }
  const std::int64_t searched = std::min(last, CommitAfter(place, kCommitsSearched));
  OrderChanges page = ReadPage(session.Execute(kChangesByCommits, params.Add(searched)), place, limit, searched);
  page.more = page.more || searched < last;
  return page;
}

domain::Uuid ChangeId(const LogPlace& place) {
  return DerivedId(place.order_id.uuid(), static_cast<std::uint32_t>(place.version));
}

}  // namespace logistics::storage
