#include "logistics/domain/order_products.hpp"

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/identifier.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::domain {

absl::Status ResolveProducts(std::vector<OrderLine>& lines, const ProductFinder& find) {
  std::vector<ConditionViolation> unknown;
  std::vector<FieldViolation> refused;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    OrderLine& line = lines[i];
    const ProductRef* const product = find(line);
    const std::optional<std::string> fault = product == nullptr ? IdentifierFault(line.sku) : std::nullopt;
    if (fault) {
      refused.push_back({absl::StrCat("items[", i, "].sku"), absl::StrCat(Quoted(line.sku), " ", *fault)});
    } else if (product == nullptr) {
      unknown.push_back({"PRODUCT", absl::StrCat("items[", i, "]"),
                         line.product_id ? absl::StrCat("product_id ", line.product_id->ToString(), " does not exist")
                                         : absl::StrCat("sku ", Quoted(line.sku), " does not exist")});
    } else if (!line.sku.empty() && line.sku != product->sku) {
      refused.push_back({absl::StrCat("items[", i, "].sku"),
                         absl::StrCat(Quoted(line.sku), " is not the sku of product_id ", product->id.ToString(),
                                      ", which is ", Quoted(product->sku))});
    } else {
      line.product_id = product->id;
      line.sku = product->sku;
    }
  }
  if (!refused.empty()) return InvalidFieldsError(refused);
  if (!unknown.empty()) {
    return ConditionError(absl::StatusCode::kNotFound,
                          absl::StrCat(unknown[0].subject, ": ", unknown[0].description,
                                       unknown.size() > 1 ? absl::StrCat(" (and ", unknown.size() - 1, " more)") : ""),
                          unknown);
  }
  return absl::OkStatus();
}

}  // namespace logistics::domain
