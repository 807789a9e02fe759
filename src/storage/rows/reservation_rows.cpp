#include "storage/rows/reservation_rows.hpp"

#include "absl/strings/str_cat.h"
#include "storage/params/array_literal.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

// One row an item, so that no array has to be parsed here.
constexpr Statement kLockReservations = {
    "lock_reservations",
    "WITH locked AS (SELECT id, warehouse_id, state, keeper, external_text, product_ids, skus, quantities FROM "
    "reservations "
    "WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE) "
    "SELECT l.id, l.warehouse_id, l.state, i.product_id, i.sku, i.quantity, l.keeper, l.external_text FROM locked l "
    "CROSS JOIN LATERAL unnest(l.product_ids, l.skus, l.quantities) WITH ORDINALITY AS "
    "i(product_id, sku, quantity, place) ORDER BY l.id, i.place"};
// Aged by Postgres' clock, which all replicas share. Two writers may insert the id of one external reservation at once:
// in one order, so that they do not deadlock; the second fails and its batch runs again.
constexpr Statement kInsertReservations = {
    "insert_reservations",
    "INSERT INTO reservations (id, warehouse_id, state, product_ids, skus, quantities, keeper, external_text, "
    "created_at, updated_at) "
    "SELECT r.id, r.warehouse_id, r.state, r.product_ids::uuid[], r.skus::text[], r.quantities::integer[], r.keeper, "
    "r.external_text, now(), now() FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], "
    "$6::text[], $7::text[], $8::text[]) AS r(id, warehouse_id, state, product_ids, skus, quantities, keeper, "
    "external_text) ORDER BY r.id"};
constexpr Statement kUpdateReservations = {"update_reservations",
                                           "UPDATE reservations r SET state = c.state, updated_at = now() "
                                           "FROM unnest($1::uuid[], $2::text[]) AS c(id, state) WHERE r.id = c.id"};

// Of the rows of kLockReservations.
std::vector<domain::Reservation> ReservationsOf(const Rows& rows) {
  std::vector<domain::Reservation> reservations;
  for (const Row& row : rows) {
    const domain::Uuid id = ReadUuid(row[0]);
    if (reservations.empty() || reservations.back().id != id) {
      const auto state = domain::ReservationStateFromName(row[2].c_str());
      if (!state) throw UnknownRowError(absl::StrCat("reservation ", id.ToString(), " is ", row[2].c_str()));
      const auto keeper = domain::StockKeeperFromName(row[6].c_str());
      if (!keeper)
        throw UnknownRowError(absl::StrCat("the keeper of reservation ", id.ToString(), " is ", row[6].c_str()));
      reservations.push_back({id, domain::WarehouseId(ReadUuid(row[1])), *state, {}, *keeper, row[7].c_str()});
    }
    reservations.back().items.push_back(
        {domain::ProductId(ReadUuid(row[3])), row[4].c_str(), row[5].as<std::int32_t>()});
  }
  return reservations;
}

}  // namespace

void LockReservations(PipelineSession& session, std::span<const domain::OrderId> ids, commands::State& state) {
  if (ids.empty()) return;
  ArrayParam array;
  for (const domain::OrderId& id : ids) array.Add(id);
  session.Queue(kLockReservations, Params().Add(array), [&state](const Rows& rows) {
    for (domain::Reservation& reservation : ReservationsOf(rows)) state.LoadReservation(std::move(reservation));
  });
}

void InsertReservations(StatementGroup& group, std::span<const domain::Reservation> reservations) {
  if (reservations.empty()) return;
  Columns columns(8);
  for (const domain::Reservation& reservation : reservations) {
    ArrayLiteral products;
    ArrayLiteral skus;
    ArrayLiteral quantities;
    for (const domain::StockItem& item : reservation.items) {
      products.Add(item.product_id);
      skus.Add(item.sku);
      quantities.Add(item.quantity);
    }
    columns.AddRow(reservation.id, reservation.warehouse_id, domain::ReservationStateName(reservation.state),
                   products.ToString(), skus.ToString(), quantities.ToString(),
                   domain::StockKeeperName(reservation.keeper), reservation.external_text);
  }
  Params params;
  columns.AddTo(params);
  group.Add(kInsertReservations, std::move(params));
}

void UpdateReservations(StatementGroup& group, std::span<const domain::Reservation> reservations) {
  if (reservations.empty()) return;
  Columns columns(2);
  for (const domain::Reservation& reservation : reservations) {
    columns.AddRow(reservation.id, domain::ReservationStateName(reservation.state));
  }
  Params params;
  columns.AddTo(params);
  group.Add(kUpdateReservations, std::move(params));
}

}  // namespace logistics::storage
