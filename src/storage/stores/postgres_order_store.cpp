#include "storage/stores/postgres_order_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/rows/order_rows.hpp"
#include "storage/stores/order_list.hpp"

namespace logistics::storage {

absl::StatusOr<domain::Order> PostgresOrderStore::Create(const domain::NewOrder& order,
                                                         const ports::CallContext& context) {
  return RunWrite(writes_, commands::CreateOrder{order}, context);
}

absl::StatusOr<domain::Order> PostgresOrderStore::ChangeStatus(const domain::StatusChange& change,
                                                               const ports::CallContext& context) {
  return RunWrite(writes_, commands::ChangeStatus{change}, context);
}

absl::StatusOr<domain::Order> PostgresOrderStore::Get(const domain::OrderId& id, const ports::CallContext& context) {
  return reads_.Run(id, context, {});
}

absl::StatusOr<ports::OrderPage> PostgresOrderStore::List(const ports::OrderQuery& query,
                                                          const ports::CallContext& context) {
  ports::OrderPage page;
  const absl::Status status =
      pool_.Read(context.deadline, [&](Session& session) { page = ListOrders(session, query); });
  if (!status.ok()) return status;
  return page;
}

void OrderReadExecutor::Execute(const Batch& batch) {
  std::vector<domain::OrderId> ids;
  for (const auto& item : batch) ids.push_back(item->command);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());

  absl::flat_hash_map<domain::OrderId, domain::Order> orders;
  absl::Status failure;
  for (int attempt = 1; attempt <= 2; ++attempt) {
    try {
      orders.clear();
      for (domain::Order& order : ReadOrders(session_.Get(), ids, false)) orders.emplace(order.id, std::move(order));
      failure = absl::OkStatus();
      break;
    } catch (const std::exception& error) {
      const Failure translated = TranslateException(error);
      session_.RollbackOrDrop();
      failure = translated.status;
      spdlog::warn("a read of {} orders failed: {}", ids.size(), error.what());
      if (translated.kind != FailureKind::kConnection) break;
    }
  }
  for (const auto& item : batch) {
    const auto found = orders.find(item->command);
    if (!failure.ok()) {
      item->promise.set_value(failure);
    } else if (found == orders.end()) {
      item->promise.set_value(absl::NotFoundError(absl::StrCat("order ", item->command.ToString(), " does not exist")));
    } else {
      item->promise.set_value(found->second);
    }
  }
}

}  // namespace logistics::storage
