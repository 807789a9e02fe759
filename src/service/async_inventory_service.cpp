#include "logistics/service/async_inventory_service.hpp"

#include <utility>

#include "service/reservation_checks.hpp"

namespace logistics::service {
namespace {

ports::Completion<ports::EndAnswer> Ended(ports::Completion<EndReservationAnswer> done) {
  return {done.executor, [run = std::move(done.run)](absl::StatusOr<ports::EndAnswer> ended) mutable {
            if (!ended.ok()) return std::move(run)(ended.status());
            std::move(run)(EndReservationAnswer{ended->changed});
          }};
}

}  // namespace

void AsyncInventoryService::Reserve(const ReserveRequest& request, const ports::CallContext& context,
                                    ports::Completion<ReserveAnswer> done) {
  absl::StatusOr<CheckedReserve> checked = CheckReserve(request, ids_);
  if (!checked.ok()) return std::move(done.run)(checked.status());
  auto answer = [run = std::move(done.run), id = checked->wanted.id,
                 malformed = std::move(checked->malformed)](absl::StatusOr<ports::ReservationAnswer> held) mutable {
    if (!held.ok()) return std::move(run)(held.status());
    std::move(run)(AnswerReserve(id, malformed, *std::move(held)));
  };
  store_.Reserve(std::move(checked->wanted), context, {done.executor, std::move(answer)});
}

void AsyncInventoryService::Release(const EndReservationRequest& request, const ports::CallContext& context,
                                    ports::Completion<EndReservationAnswer> done) {
  absl::StatusOr<CheckedEnd> checked = CheckRelease(request);
  if (!checked.ok()) return std::move(done.run)(checked.status());
  store_.Release(std::move(checked->id), std::move(checked->reason), context, Ended(std::move(done)));
}

void AsyncInventoryService::Commit(const EndReservationRequest& request, const ports::CallContext& context,
                                   ports::Completion<EndReservationAnswer> done) {
  absl::StatusOr<CheckedEnd> checked = CheckCommit(request);
  if (!checked.ok()) return std::move(done.run)(checked.status());
  store_.CommitReservation(std::move(checked->id), context, Ended(std::move(done)));
}

}  // namespace logistics::service
