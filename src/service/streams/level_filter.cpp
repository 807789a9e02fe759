#include "service/streams/level_filter.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::service {
namespace {

template <typename IdType>
std::vector<IdType> CheckIds(const char* field, const std::vector<std::string>& texts, domain::FieldChecker& fields) {
  std::vector<IdType> ids;
  if (texts.size() > domain::kLevelIdsMax) {
    fields.Add(field, absl::StrCat(texts.size(), " are too many, at most ", domain::kLevelIdsMax));
    return ids;
  }
  ids.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (const auto id = fields.ParseId<IdType>({"", field, i}, texts[i])) ids.push_back(*id);
  }
  return ids;
}

}  // namespace

absl::StatusOr<ports::StockScope> CheckLevelFilter(const std::vector<std::string>& item_ids,
                                                   const std::vector<std::string>& location_ids) {
  domain::FieldChecker fields;
  ports::StockScope scope{CheckIds<domain::ProductId>("item_ids", item_ids, fields),
                          CheckIds<domain::WarehouseId>("location_ids", location_ids, fields)};
  if (!fields.ok()) return fields.ToStatus();
  return scope;
}

}  // namespace logistics::service
