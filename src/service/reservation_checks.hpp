// The requests for external reservations, checked: INVALID_ARGUMENT names every bad field.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/stock_store.hpp"
#include "logistics/service/inventory_service.hpp"

namespace logistics::service {

// Items whose product_id is no id, by their places: they are answered with the others, as items that cannot be had,
// where everything else is refused by its field.
using MalformedItems = std::map<std::size_t, std::string>;

struct CheckedReserve {
  ports::ReservationRequest wanted;
  MalformedItems malformed;
};
absl::StatusOr<CheckedReserve> CheckReserve(const ReserveRequest& request, ports::IdGenerator& ids);
ReserveAnswer AnswerReserve(const domain::ExternalId& id, const MalformedItems& malformed,
                            ports::ReservationAnswer answer);

struct CheckedEnd {
  domain::ExternalId id;
  std::string reason;  // of a release, which must have one
};
absl::StatusOr<CheckedEnd> CheckRelease(const EndReservationRequest& request);
absl::StatusOr<CheckedEnd> CheckCommit(const EndReservationRequest& request);

}  // namespace logistics::service
