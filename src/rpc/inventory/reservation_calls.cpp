#include "rpc/inventory/reservation_calls.hpp"

#include "rpc/inventory/inventory_conversions.hpp"

namespace logistics::rpc {

void CheckAndReserveStock(service::AsyncInventoryService& inventory, UnaryCall& call,
                          const ::inventory::StockReservationRequest& request) {
  call.scope().set_order_id(request.order_id());
  inventory.Reserve(ReserveFrom(request), call.scope().context(),
                    call.AnswerWith<service::ReserveAnswer, ::inventory::StockReservationResponse>(
                        [request](CallScope& scope, const service::ReserveAnswer& answer,
                                  ::inventory::StockReservationResponse& response) {
                          FillReservation(answer, request, response);
                          scope.set_order_id(response.reservation_id());
                        }));
}

void ReleaseReservedStock(service::AsyncInventoryService& inventory, UnaryCall& call,
                          const ::inventory::ReleaseStockRequest& request) {
  call.scope().set_order_id(request.reservation_id().empty() ? request.order_id() : request.reservation_id());
  inventory.Release({request.reservation_id(), request.order_id(), request.reason()}, call.scope().context(),
                    call.AnswerWith<service::EndReservationAnswer, ::inventory::ReleaseStockResponse>(
                        [](CallScope& /*scope*/, const service::EndReservationAnswer& answer,
                           ::inventory::ReleaseStockResponse& response) { FillReleased(answer, response); }));
}

void CommitReservation(service::AsyncInventoryService& inventory, UnaryCall& call,
                       const ::inventory::CommitReservationRequest& request) {
  call.scope().set_order_id(request.reservation_id().empty() ? request.order_id() : request.reservation_id());
  inventory.Commit({request.reservation_id(), request.order_id(), ""}, call.scope().context(),
                   call.AnswerWith<service::EndReservationAnswer, ::inventory::CommitReservationResponse>(
                       [](CallScope& /*scope*/, const service::EndReservationAnswer& answer,
                          ::inventory::CommitReservationResponse& response) { FillCommitted(answer, response); }));
}

}  // namespace logistics::rpc
