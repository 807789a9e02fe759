#include "workload.hpp"

#include <stdexcept>
#include <utility>

#include "order_requests.hpp"

namespace logistics::bench {
namespace {

constexpr std::chrono::seconds kCallTimeout{30};
constexpr int kListedOrders = 20;
constexpr std::size_t kRememberedOrdersMax = 100'000;

std::string Take(std::vector<std::string>& from) {
  std::string taken = std::move(from.back());
  from.pop_back();
  return taken;
}

}  // namespace

const char* KindName(Kind kind) {
  switch (kind) {
    case Kind::kCreate:
      return "create";
    case Kind::kGet:
      return "get";
    case Kind::kList:
      return "list";
    case Kind::kStatus:
      return "status";
    case Kind::kReserve:
      return "reserve";
  }
  return "";
}

Workload::Workload(const Options& options, std::vector<std::string> orders)
    : options_(options), mixed_(options.kind == "mixed"), random_(options.seed), orders_(std::move(orders)) {
  if (mixed_) return;
  for (int kind = 0; kind < kKinds; ++kind) {
    if (options.kind != KindName(static_cast<Kind>(kind))) continue;
    only_ = static_cast<Kind>(kind);
    if (only_ == Kind::kStatus) pending_ = orders_;
    return;
  }
  throw std::invalid_argument("--kind has no meaning " + options.kind);
}

Kind Workload::Next() {
  if (!mixed_) return only_;
  const auto percent = random_() % 100;
  if (percent < 50) return Kind::kCreate;
  if (percent < 80) return orders_.empty() ? Kind::kCreate : Kind::kGet;
  if (percent < 90) return Kind::kList;
  return pending_.empty() ? Kind::kCreate : Kind::kStatus;
}

void Workload::Start(Call& call, Stubs& stubs, grpc::CompletionQueue& queue) {
  call.kind = Next();
  call.committing = false;
  StartKind(call, stubs, queue);
}

void Workload::StartKind(Call& call, Stubs& stubs, grpc::CompletionQueue& queue) {
  call.context = std::make_unique<grpc::ClientContext>();
  grpc::ClientContext* const context = call.context.get();
  context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  switch (call.kind) {
    case Kind::kCreate:
      FillRequest(call.create, options_.products, options_.items, random_);
      call.order_reader = stubs.orders->AsyncCreateOrder(context, call.create, &queue);
      return call.order_reader->Finish(&call.order, &call.status, &call);
    case Kind::kGet: {
      order::GetOrderRequest get;
      get.set_order_id(orders_.empty() ? RandomUuid(random_) : orders_[random_() % orders_.size()]);
      call.order_reader = stubs.orders->AsyncGetOrder(context, get, &queue);
      return call.order_reader->Finish(&call.order, &call.status, &call);
    }
    case Kind::kList: {
      order::ListOrdersRequest list;
      list.set_page_size(kListedOrders);
      list.set_sort_desc(true);
      call.list_reader = stubs.orders->AsyncListOrders(context, list, &queue);
      return call.list_reader->Finish(&call.list, &call.status, &call);
    }
    case Kind::kStatus: {
      if (pending_.empty()) throw std::runtime_error("no order is left whose status can be changed");
      order::UpdateOrderStatusRequest update;
      update.set_order_id(Take(pending_));
      update.set_new_status(order::ORDER_STATUS_PROCESSING);
      call.order_reader = stubs.orders->AsyncUpdateOrderStatus(context, update, &queue);
      return call.order_reader->Finish(&call.order, &call.status, &call);
    }
    case Kind::kReserve: {
      FillRequest(call.create, options_.products, options_.items, random_);
      inventory::StockReservationRequest reserve;
      reserve.set_order_id(RandomUuid(random_));
      reserve.set_warehouse_id("00000000-0000-0000-0000-000000000001");
      for (const order::OrderItem& line : call.create.items()) {
        inventory::ProductItem* const item = reserve.add_items();
        item->set_product_id(line.product_id());
        item->set_quantity(line.quantity());
      }
      call.reserve_reader = stubs.inventory->AsyncCheckAndReserveStock(context, reserve, &queue);
      return call.reserve_reader->Finish(&call.reserved, &call.status, &call);
    }
  }
}

bool Workload::GoesOn(Call& call, Stubs& stubs, grpc::CompletionQueue& queue) {
  if (call.kind != Kind::kReserve || call.committing || !call.status.ok()) return false;
  if (!call.reserved.success()) throw std::runtime_error("not reserved: " + call.reserved.message());
  call.committing = true;
  inventory::CommitReservationRequest commit;
  commit.set_reservation_id(call.reserved.reservation_id());
  call.context = std::make_unique<grpc::ClientContext>();
  call.context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  call.commit_reader = stubs.inventory->AsyncCommitReservation(call.context.get(), commit, &queue);
  call.commit_reader->Finish(&call.committed, &call.status, &call);
  return true;
}

void Workload::Ended(const Call& call) {
  if (!call.status.ok()) return;
  if (call.kind == Kind::kList && call.list.orders().empty()) throw std::runtime_error("ListOrders answered no order");
  if (call.kind == Kind::kCreate && mixed_ && orders_.size() < kRememberedOrdersMax) {
    orders_.push_back(call.order.id());
    pending_.push_back(call.order.id());
  }
}

}  // namespace logistics::bench
