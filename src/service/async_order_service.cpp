#include "logistics/service/async_order_service.hpp"

#include <utility>

#include "service/order_checks.hpp"

namespace logistics::service {

AsyncOrderService::AsyncOrderService(ports::AsyncOrderStore& store, ports::IdGenerator& ids, const ports::Clock& clock,
                                     domain::OrderDefaults defaults)
    : store_(store), ids_(ids), clock_(clock), defaults_(defaults) {}

void AsyncOrderService::CreateOrder(const domain::OrderDraft& draft, const ports::CallContext& context, Done done) {
  absl::StatusOr<domain::NewOrder> order = MakeOrder(draft, defaults_, ids_, clock_);
  if (!order.ok()) return std::move(done.run)(order.status());
  store_.Create(*std::move(order), context, std::move(done));
}

void AsyncOrderService::GetOrder(const std::string& order_id, const ports::CallContext& context, Done done) {
  const absl::StatusOr<domain::OrderId> id = CheckOrderId(order_id);
  if (!id.ok()) return std::move(done.run)(id.status());
  store_.Get(*id, context, std::move(done));
}

void AsyncOrderService::UpdateStatus(const UpdateStatusRequest& request, const ports::CallContext& context, Done done) {
  absl::StatusOr<domain::StatusChange> change = CheckUpdate(request);
  if (!change.ok()) return std::move(done.run)(change.status());
  store_.ChangeStatus(*std::move(change), context, std::move(done));
}

void AsyncOrderService::Cancel(const CancelRequest& request, const ports::CallContext& context, Done done) {
  absl::StatusOr<domain::StatusChange> change = CheckCancel(request);
  if (!change.ok()) return std::move(done.run)(change.status());
  store_.ChangeStatus(*std::move(change), context, std::move(done));
}

}  // namespace logistics::service
