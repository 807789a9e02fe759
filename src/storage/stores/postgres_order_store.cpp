#include "storage/stores/postgres_order_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "storage/lists/list_read.hpp"
#include "storage/lists/order_list.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {

std::shared_ptr<OrderReadBatcher::Item> MakePendingRead(const domain::OrderId& id, const ports::CallContext& context) {
  auto item = std::make_shared<OrderReadBatcher::Item>();
  item->command = id;
  item->context = context;
  return item;
}

absl::StatusOr<domain::Order> PostgresOrderStore::Create(const domain::NewOrder& order,
                                                         const ports::CallContext& context) {
  return RunWrite(writes_, commands::CreateOrder{order}, context);
}

absl::StatusOr<domain::Order> PostgresOrderStore::ChangeStatus(const domain::StatusChange& change,
                                                               const ports::CallContext& context) {
  return RunWrite(writes_, commands::ChangeStatus{change}, context);
}

absl::StatusOr<domain::Order> PostgresOrderStore::Get(const domain::OrderId& id, const ports::CallContext& context) {
  return RunBlocking(reads_, MakePendingRead(id, context));
}

absl::StatusOr<ports::OrderPage> PostgresOrderStore::List(const ports::OrderQuery& query,
                                                          const ports::CallContext& context) {
  auto page = ReadList(lists_, context, HowToShorten(query),
                       [&](Session& session) { return ListOrders(session, query, list_count_max_); });
  if (!page.ok()) return page.status();
  return *std::move(page);
}

OrderReadExecutor::Batch OrderReadExecutor::Execute(const Batch& batch) {
  std::vector<domain::OrderId> ids;
  for (const auto& item : batch) ids.push_back(item->command);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());

  absl::flat_hash_map<domain::OrderId, domain::Order> orders;
  const std::optional<Failure> failure = session_.Attempt(Tries::kTwice, [&](Session& session) {
    orders.clear();
    for (domain::Order& order : ReadOrders(session, ids)) orders.emplace(order.id, std::move(order));
  });
  if (failure) spdlog::warn("a read of {} orders failed: {}", ids.size(), failure->text);
  Answers<Item> answers;
  for (const auto& item : batch) {
    const auto found = orders.find(item->command);
    if (failure) {
      answers.Add(item, failure->status);
    } else if (found == orders.end()) {
      answers.Add(item, absl::NotFoundError(absl::StrCat("order ", item->command.ToString(), " does not exist")));
    } else {
      answers.Add(item, found->second);
    }
  }
  return {};
}

}  // namespace logistics::storage
