#include "storage/lists/order_list.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "logistics/domain/errors.hpp"
#include "storage/lists/order_sort.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

using ports::OrderQuery;
using ports::OrderSort;

constexpr char kCustomer[] = "o.customer_id";
constexpr char kStatus[] = "o.status";

// A list reads by an index, and sorts only what was counted before.
constexpr char kByIndexOnly[] =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; "
    "SET LOCAL enable_incremental_sort = off";

// An index of orders: the column before (created_at, id), and the filter on it.
struct Index {
  std::string column;  // empty: created_at is the first
  std::string filter;  // the value as text; empty: none
  std::string type;
};

Index ByCreation() { return {}; }
Index ByCustomer(const OrderQuery& query) { return {kCustomer, query.customer_id->ToString(), "::uuid"}; }
Index ByStatus(const OrderQuery& query) {
  return {kStatus, query.status ? std::string(domain::OrderStatusKey(*query.status)) : "", "::order_status"};
}

bool HasDates(const OrderQuery& query) { return query.created_from || query.created_before; }

// The index that has the rows of the filters in the order of the sort by creation or status.
std::optional<Index> IndexInOrder(const OrderQuery& query) {
  if (query.status && query.customer_id) return std::nullopt;
  if (query.sort == OrderSort::kCreatedAt) {
    return query.customer_id ? ByCustomer(query) : query.status ? ByStatus(query) : ByCreation();
  }
  const bool by_status = query.sort == OrderSort::kStatus && !query.customer_id && (query.status || !HasDates(query));
  return by_status ? std::optional(ByStatus(query)) : std::nullopt;
}

// The indexes that have the rows of the filters among not many others.
std::vector<Index> Indexes(const OrderQuery& query) {
  std::vector<Index> indexes;
  if (query.customer_id) indexes.push_back(ByCustomer(query));
  if (query.status) indexes.push_back(ByStatus(query));
  if (indexes.empty()) indexes.push_back(ByCreation());
  return indexes;
}

// Builds a WHERE clause and its parameters side by side. Values only ever travel as parameters.
class Where {
 public:
  void Add(const std::string& condition) {
    absl::StrAppend(&clause_, clause_.empty() ? " WHERE " : " AND ", condition);
  }
  // The placeholder of a new parameter.
  std::string Bind(std::string value, const std::string& type) {
    params_.Add(std::move(value));
    return absl::StrCat("$", params_.size(), type);
  }
  // The clause so far. The next condition begins another one, of a query around this one, with the same parameters.
  std::string Take() { return std::exchange(clause_, ""); }
  const Params& params() const { return params_; }

 private:
  std::string clause_;
  Params params_;
};

enum class Bound { kLower, kUpper };

// The rows of an index that the filters leave. A range of one value, not an equality: so only this index has the sort
// that stands behind it. `without`: a page token is that bound, because a scan finds its place by one condition only.
void AddRange(const Index& index, const OrderQuery& query, std::optional<Bound> without, Where& where) {
  const auto add = [&](Bound bound, const std::optional<absl::Time>& time) {
    if (without == bound || (index.filter.empty() && !time)) return;
    const bool lower = bound == Bound::kLower;
    const char* const sign = lower ? " >= " : time ? " < " : " <= ";
    const std::string value = index.filter.empty() ? "" : where.Bind(index.filter, index.type);
    const std::string moment = time    ? where.Bind(TimeText(*time), "::timestamptz")
                               : lower ? "'-infinity'"
                                       : "'infinity'";
    where.Add(value.empty() ? absl::StrCat("o.created_at", sign, moment)
                            : absl::StrCat("(", index.column, ", o.created_at)", sign, "(", value, ", ", moment, ")"));
  };
  add(Bound::kLower, query.created_from);
  add(Bound::kUpper, query.created_before);
}

// The filters that the index has not.
void AddOthers(const Index& index, const OrderQuery& query, Where& where) {
  if (query.status && index.column != kStatus) {
    where.Add("o.status = " + where.Bind(std::string(domain::OrderStatusKey(*query.status)), "::order_status"));
  }
  if (query.customer_id && index.column != kCustomer) {
    where.Add("o.customer_id = " + where.Bind(query.customer_id->ToString(), "::uuid"));
  }
}

std::string InOrderOf(const Index& index) {
  return absl::StrCat(" ORDER BY ", index.column, index.column.empty() ? "" : ", ", "o.created_at, o.id");
}

absl::Status TooManyToSort(const OrderQuery& query, std::int64_t count_max) {
  const std::string advice = HowToShorten(query);
  if (query.sort == OrderSort::kCreatedAt) {
    return domain::InvalidFieldsError(
        {{"status_filter", absl::StrCat("with customer_id too, a list searches at most ", count_max,
                                        " orders (lists.count_max), and both filters leave more: ", advice)}});
  }
  return domain::InvalidFieldsError(
      {{"sort_by", absl::StrCat("a list without an index for its sort takes at most ", count_max,
                                " orders (lists.count_max), and the filters leave more: ", advice)}});
}

class List {
 public:
  List(Session& session, const OrderQuery& query, std::int64_t count_max)
      : session_(session), query_(query), count_max_(count_max), sort_(SortOf(query)) {}

  absl::StatusOr<ports::OrderPage> Run() {
    if (count_max_ == 0) {
      Where where;
      AddRange(ByCreation(), query_, {}, where);
      return ReadSorted("orders o", ByCreation(), std::move(where));
    }
    session_.Script(kByIndexOnly);
    const bool has_filter = query_.status || query_.customer_id || HasDates(query_);
    if (query_.sort == OrderSort::kUpdatedAt && !has_filter) {
      CountUpToMax("orders o ORDER BY o.updated_at, o.id", {});
      return ReadPage("orders o", {});
    }
    if (const std::optional<Index> index = IndexInOrder(query_)) return ReadInOrder(*index);
    for (const Index& index : Indexes(query_)) {
      Where where;
      AddRange(index, query_, {}, where);
      const std::string rows = absl::StrCat("orders o", where.Take(), InOrderOf(index));
      CountUpToMax(rows, where.params());
      if (page_.total_is_lower_bound) continue;
      // OFFSET 0 keeps the conditions around from choosing another index.
      return ReadSorted(absl::StrCat("(SELECT * FROM ", rows, " OFFSET 0) o"), index, std::move(where));
    }
    return TooManyToSort(query_, count_max_);
  }

 private:
  std::int64_t Count(const std::string& rows, const Params& params) {
    return session_.ExecuteOnce("SELECT count(*) FROM " + rows, params)[0][0].as<std::int64_t>();
  }
  void CountUpToMax(const std::string& rows, const Params& params) {
    const std::int64_t counted =
        Count(absl::StrCat("(SELECT 1 FROM ", rows, " LIMIT ", count_max_ + 1, ") counted"), params);
    page_.total_is_lower_bound = counted > count_max_;
    page_.total_count = std::min(counted, count_max_);
  }

  ports::OrderPage ReadInOrder(const Index& index) {
    Where counted;
    AddRange(index, query_, {}, counted);
    CountUpToMax(absl::StrCat("orders o", counted.Take(), InOrderOf(index)), counted.params());
    Where where;
    std::optional<Bound> token;
    if (query_.after) token = query_.descending ? Bound::kUpper : Bound::kLower;
    AddRange(index, query_, token, where);
    if (!index.filter.empty() && query_.sort == OrderSort::kCreatedAt) {
      sort_.keys.insert(sort_.keys.begin(), {index.column, token ? where.Bind(index.filter, index.type) : ""});
    }
    return ReadPage("orders o", std::move(where));
  }

  ports::OrderPage ReadSorted(const std::string& rows, const Index& index, Where where) {
    AddOthers(index, query_, where);
    Where counted = where;
    page_.total_count = Count(rows + counted.Take(), counted.params());
    return ReadPage(rows, std::move(where));
  }

  // The page of `rows`, whose conditions `where` has.
  ports::OrderPage ReadPage(const std::string& rows, Where where) {
    std::vector<std::string> columns;
    std::vector<std::string> token;
    for (const SortKey& key : sort_.keys) columns.push_back(key.column);
    columns.emplace_back("o.id");
    if (query_.after) {
      const std::string value = where.Bind(query_.after->sort_value, "");
      const std::string id = where.Bind(query_.after->id.ToString(), "");
      for (const SortKey& key : sort_.keys) {
        token.push_back(absl::StrReplaceAll(key.of_token, {{"$value", value}, {"$id", id}}));
      }
      where.Add(absl::StrCat("(", absl::StrJoin(columns, ", "), query_.descending ? ") < (" : ") > (",
                             absl::StrJoin(token, ", "), ", ", id, "::uuid)"));
    }
    const std::string direction = query_.descending ? " DESC" : "";
    std::string sql =
        absl::StrCat("SELECT " LOGISTICS_ORDER_COLUMNS ", ", sort_.as_text, " FROM ", rows, where.Take(), " ORDER BY ",
                     absl::StrJoin(columns, direction + ", "), direction, " LIMIT ", query_.page_size + 1);
    if (!query_.after) absl::StrAppend(&sql, " OFFSET ", std::int64_t{query_.page - 1} * query_.page_size);

    std::string last_sort_value;
    for (const pqxx::row& row : session_.ExecuteOnce(sql, where.params())) {
      if (std::ssize(page_.orders) == query_.page_size) {
        page_.next = OrderQuery::After{last_sort_value, page_.orders.back().id};
        break;
      }
      page_.orders.push_back(ReadOrder(row));
      last_sort_value = row[row.size() - 1].c_str();
    }
    ReadLines(session_, page_.orders);
    return std::move(page_);
  }

  Session& session_;
  const OrderQuery& query_;
  const std::int64_t count_max_;
  OrderListSort sort_;
  ports::OrderPage page_;
};

}  // namespace

std::string HowToShorten(const OrderQuery& query) {
  std::vector<std::string> missing;
  if (!query.customer_id) missing.emplace_back("customer_id");
  if (!query.status) missing.emplace_back("status_filter");
  if (!query.created_from) missing.emplace_back("start_date");
  if (!query.created_before) missing.emplace_back("end_date");
  if (missing.empty()) return "bring start_date and end_date closer together";
  return absl::StrCat("add ", absl::StrJoin(missing, " or "));
}

absl::StatusOr<ports::OrderPage> ListOrders(Session& session, const ports::OrderQuery& query, std::int64_t count_max) {
  return List(session, query, count_max).Run();
}

}  // namespace logistics::storage
