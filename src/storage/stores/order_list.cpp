#include "storage/stores/order_list.hpp"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "logistics/domain/money.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

// "CASE o.currency WHEN 'BHD' THEN 10 ... ELSE 100 END": what makes ten-thousandths of the order's minor units.
std::string MakeScaleOfCurrency() {
  const std::int64_t usual = domain::TenThousandthsPerMinorUnit(domain::Currency());
  std::string sql = "CASE o.currency";
  for (const domain::Currency& currency : domain::Currency::All()) {
    const std::int64_t scale = domain::TenThousandthsPerMinorUnit(currency);
    if (scale != usual) absl::StrAppend(&sql, " WHEN '", std::string(currency.code()), "' THEN ", scale);
  }
  return absl::StrCat(sql, " ELSE ", usual, " END");
}

// The total as the number that answers show, so that amounts of several currencies compare.
const std::string& TotalExpression() {
  static const std::string expression = "(o.total_minor * " + MakeScaleOfCurrency() + ")";
  return expression;
}

// A sort column as SQL: to compare by, as the text that a page token carries, and as the value of a token again, where
// $value and $id are the token's.
struct SortColumn {
  std::string column;
  std::string as_text;
  std::string of_token;
};

SortColumn ColumnOf(ports::OrderSort sort) {
  switch (sort) {
    case ports::OrderSort::kCreatedAt:
      break;
    case ports::OrderSort::kUpdatedAt:
      return {"o.updated_at", "o.updated_at::text", "$value::timestamptz"};
    case ports::OrderSort::kTotalAmount:
      // A token has minor units, as those of earlier releases. Its order tells their currency; of an order that is gone
      // they are taken for the usual ones.
      return {TotalExpression(), "o.total_minor::text",
              absl::StrCat("COALESCE((SELECT ", TotalExpression(), " FROM orders o WHERE o.id = $id::uuid), ",
                           "$value::bigint * ", domain::TenThousandthsPerMinorUnit(domain::Currency()), ")")};
    case ports::OrderSort::kStatus:
      return {"o.status", "o.status::text", "$value::order_status"};
  }
  return {"o.created_at", "o.created_at::text", "$value::timestamptz"};
}

// Builds the WHERE clause and its parameters side by side. Values only ever travel as parameters.
class Filter {
 public:
  // `condition` has a $# where the value goes.
  void Add(const std::string& condition, std::string value) {
    AddCondition(absl::StrReplaceAll(condition, {{"$#", Bind(std::move(value))}}));
  }
  void AddCondition(const std::string& condition) {
    absl::StrAppend(&where_, where_.empty() ? " WHERE " : " AND ", condition);
  }
  // The placeholder of a new parameter.
  std::string Bind(std::string value) {
    params_.Add(std::move(value));
    return absl::StrCat("$", params_.values().size());
  }
  const std::string& where() const { return where_; }
  const Params& params() const { return params_; }

 private:
  std::string where_;
  Params params_;
};

}  // namespace

ports::OrderPage ListOrders(Session& session, const ports::OrderQuery& query) {
  Filter filter;
  if (query.status) filter.Add("o.status = $#::order_status", std::string(domain::OrderStatusKey(*query.status)));
  if (query.customer_id) filter.Add("o.customer_id = $#::uuid", query.customer_id->ToString());
  if (query.created_from) filter.Add("o.created_at >= $#::timestamptz", TimeText(*query.created_from));
  if (query.created_before) filter.Add("o.created_at < $#::timestamptz", TimeText(*query.created_before));

  ports::OrderPage page;
  page.total_count =
      session.ExecuteOnce("SELECT count(*) FROM orders o" + filter.where(), filter.params())[0][0].as<std::int64_t>();

  const SortColumn sort = ColumnOf(query.sort);
  const std::string direction = query.descending ? " DESC" : " ASC";
  if (query.after) {
    const std::string value = filter.Bind(query.after->sort_value);
    const std::string id = filter.Bind(query.after->id.ToString());
    filter.AddCondition(absl::StrCat("(", sort.column, ", o.id) ", query.descending ? "<" : ">", " (",
                                     absl::StrReplaceAll(sort.of_token, {{"$value", value}, {"$id", id}}), ", ", id,
                                     "::uuid)"));
  }
  std::string sql =
      absl::StrCat("SELECT " LOGISTICS_ORDER_COLUMNS ", ", sort.as_text, " FROM orders o", filter.where(), " ORDER BY ",
                   sort.column, direction, ", o.id", direction, " LIMIT ", query.page_size + 1);
  if (!query.after) {
    absl::StrAppend(&sql, " OFFSET ", std::int64_t{query.page - 1} * query.page_size);
  }

  std::string last_sort_value;
  const pqxx::result rows = session.ExecuteOnce(sql, filter.params());
  const auto wanted = static_cast<std::size_t>(query.page_size);
  for (const pqxx::row& row : rows) {
    if (page.orders.size() == wanted) {
      page.next = ports::OrderQuery::After{last_sort_value, page.orders.back().id};
      break;
    }
    page.orders.push_back(ReadOrder(row));
    last_sort_value = row[row.size() - 1].c_str();
  }
  ReadLines(session, page.orders);
  return page;
}

}  // namespace logistics::storage
