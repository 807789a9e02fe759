#include "storage/stores/postgres_calls.hpp"

#include <utility>

namespace logistics::storage {

void PostgresCalls::Create(domain::NewOrder order, const ports::CallContext& context,
                           ports::Completion<domain::Order> done) {
  StartWrite(writes_, commands::CreateOrder{std::move(order)}, context, std::move(done));
}

void PostgresCalls::ChangeStatus(domain::StatusChange change, const ports::CallContext& context,
                                 ports::Completion<domain::Order> done) {
  StartWrite(writes_, commands::ChangeStatus{std::move(change)}, context, std::move(done));
}

void PostgresCalls::Get(const domain::OrderId& id, const ports::CallContext& context,
                        ports::Completion<domain::Order> done) {
  RunDetached(reads_, MakePendingRead(id, context), std::move(done));
}

void PostgresCalls::Reserve(ports::ReservationRequest request, const ports::CallContext& context,
                            ports::Completion<ports::ReservationAnswer> done) {
  StartWrite(writes_, commands::ReserveStock{std::move(request)}, context, std::move(done));
}

void PostgresCalls::Release(domain::ExternalId id, std::string reason, const ports::CallContext& context,
                            ports::Completion<ports::EndAnswer> done) {
  StartWrite(writes_, commands::EndReservation{std::move(id), domain::StockAction::kRelease, std::move(reason)},
             context, std::move(done));
}

void PostgresCalls::CommitReservation(domain::ExternalId id, const ports::CallContext& context,
                                      ports::Completion<ports::EndAnswer> done) {
  StartWrite(writes_, commands::EndReservation{std::move(id), domain::StockAction::kCommit, ""}, context,
             std::move(done));
}

}  // namespace logistics::storage
