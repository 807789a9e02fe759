#include "storage/lists/order_sort.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/domain/money.hpp"

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

// A value of the token's order, which the token itself has not: its form is that of earlier releases.
std::string OfOrder(const std::string& expression, const std::string& when_gone) {
  return absl::StrCat("COALESCE((SELECT ", expression, " FROM orders o WHERE o.id = $id::uuid), ", when_gone, ")");
}

}  // namespace

OrderListSort SortOf(const ports::OrderQuery& query) {
  switch (query.sort) {
    case ports::OrderSort::kCreatedAt:
      break;
    case ports::OrderSort::kUpdatedAt:
      return {{{"o.updated_at", "$value::timestamptz"}}, "o.updated_at::text"};
    case ports::OrderSort::kTotalAmount: {
      // A token has minor units. Its order has their currency; without the order, minor units of the usual one are
      // taken.
      const std::int64_t usual = domain::TenThousandthsPerMinorUnit(domain::Currency());
      return {{{TotalExpression(), OfOrder(TotalExpression(), absl::StrCat("$value::bigint * ", usual))}},
              "o.total_minor::text"};
    }
    case ports::OrderSort::kStatus:
      return {{{"o.status", "$value::order_status"},
               {"o.created_at", OfOrder("o.created_at", query.descending ? "'infinity'" : "'-infinity'")}},
              "o.status::text"};
  }
  return {{{"o.created_at", "$value::timestamptz"}}, "o.created_at::text"};
}

}  // namespace logistics::storage
