#include "logistics/service/order_service.hpp"

#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"
#include "service/order_checks.hpp"
#include "service/page_token.hpp"
#include "service/paging.hpp"

namespace logistics::service {
namespace {

using domain::FieldChecker;

std::optional<ports::OrderSort> SortFromName(const std::string& name) {
  if (name.empty() || name == "created_at") return ports::OrderSort::kCreatedAt;
  if (name == "updated_at") return ports::OrderSort::kUpdatedAt;
  if (name == "total_amount") return ports::OrderSort::kTotalAmount;
  if (name == "status") return ports::OrderSort::kStatus;
  return std::nullopt;
}

// Rows are stored in microseconds: a bound between two of them means the later one.
absl::Time RoundedUp(absl::Time time) { return domain::StoredTime(time + absl::Nanoseconds(999)); }

void CheckDates(const ListRequest& request, FieldChecker& fields, ports::OrderQuery& query) {
  if (request.start_date) fields.Time("start_date", *request.start_date);
  if (request.end_date) fields.Time("end_date", *request.end_date);
  if (request.start_date && request.end_date && *request.start_date >= *request.end_date) {
    const absl::TimeZone utc = absl::UTCTimeZone();
    fields.Add("start_date", absl::StrCat(absl::FormatTime(*request.start_date, utc), " is not before end_date, ",
                                          absl::FormatTime(*request.end_date, utc)));
  }
  if (request.start_date) query.created_from = RoundedUp(*request.start_date);
  if (request.end_date) query.created_before = RoundedUp(*request.end_date);
}

void CheckPageToken(const std::string& token, FieldChecker& fields, ports::OrderQuery& query) {
  DecodedPageToken decoded = DecodePageToken(query, token);
  if (decoded.after) {
    query.after = std::move(decoded.after);
  } else if (decoded.error == PageTokenError::kOtherQuery) {
    fields.Add("page_token", "was given for other filters or another sort: ask with the same, or without a token");
  } else {
    fields.Add("page_token", absl::StrCat(domain::Quoted(token), " is not a token that next_page_token gave"));
  }
}

// The query of a request; meaningless when violations were added.
ports::OrderQuery CheckQuery(const ListRequest& request, FieldChecker& fields) {
  ports::OrderQuery query;
  fields.Add(request.malformed);
  const Paging paging = CheckPaging(request.page, request.page_size, fields);
  query.page = paging.page;
  query.page_size = paging.page_size;
  if (request.status != 0) {
    query.status = OrderStatusFromWire(request.status);
    if (!query.status) {
      fields.Add("status_filter", absl::StrCat(request.status, " is not an order status, 1 to 6 (0 is all)"));
    }
  }
  if (!request.customer_id.empty()) {
    query.customer_id = fields.ParseId<domain::CustomerId>("customer_id", request.customer_id);
  }
  CheckDates(request, fields, query);
  if (const std::optional<ports::OrderSort> sort = SortFromName(request.sort_by)) {
    query.sort = *sort;
  } else {
    fields.Add("sort_by", absl::StrCat(domain::Quoted(request.sort_by),
                                       " is not one of created_at, updated_at, total_amount, status"));
  }
  query.descending = request.sort_desc;
  if (request.page_token.empty() && std::int64_t{paging.page - 1} * paging.page_size >= domain::kPagedOrdersMax) {
    fields.Add("page_token", absl::StrCat("is required behind the first ", domain::kPagedOrdersMax,
                                          " orders, where no page number reaches: go on with next_page_token"));
  }
  // Last: a token is read against the filters it comes with, which have to be good first.
  if (fields.ok() && !request.page_token.empty()) CheckPageToken(request.page_token, fields, query);
  return query;
}

}  // namespace

OrderService::OrderService(ports::OrderStore& store, ports::IdGenerator& ids, const ports::Clock& clock,
                           domain::OrderDefaults defaults)
    : store_(store), ids_(ids), clock_(clock), defaults_(defaults) {}

absl::StatusOr<domain::Order> OrderService::CreateOrder(const domain::OrderDraft& draft,
                                                        const ports::CallContext& context) {
  const absl::StatusOr<domain::NewOrder> order = MakeOrder(draft, defaults_, ids_, clock_);
  if (!order.ok()) return order.status();
  return store_.Create(*order, context);
}

absl::StatusOr<domain::Order> OrderService::GetOrder(const std::string& order_id, const ports::CallContext& context) {
  const absl::StatusOr<domain::OrderId> id = CheckOrderId(order_id);
  if (!id.ok()) return id.status();
  return store_.Get(*id, context);
}

absl::StatusOr<domain::Order> OrderService::UpdateStatus(const UpdateStatusRequest& request,
                                                         const ports::CallContext& context) {
  const absl::StatusOr<domain::StatusChange> change = CheckUpdate(request);
  if (!change.ok()) return change.status();
  return store_.ChangeStatus(*change, context);
}

absl::StatusOr<domain::Order> OrderService::Cancel(const CancelRequest& request, const ports::CallContext& context) {
  const absl::StatusOr<domain::StatusChange> change = CheckCancel(request);
  if (!change.ok()) return change.status();
  return store_.ChangeStatus(*change, context);
}

absl::StatusOr<ListResult> OrderService::List(const ListRequest& request, const ports::CallContext& context) {
  FieldChecker fields;
  const ports::OrderQuery query = CheckQuery(request, fields);
  if (!fields.ok()) return fields.ToStatus();
  absl::StatusOr<ports::OrderPage> page = store_.List(query, context);
  if (!page.ok()) return page.status();

  ListResult result;
  if (page->next) result.next_page_token = EncodePageToken(query, *page->next);
  result.page = *std::move(page);
  result.page_number = query.page;
  result.page_size = query.page_size;
  return result;
}

}  // namespace logistics::service
