#include "service/paging.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"

namespace logistics::service {

Paging CheckPaging(int page, int page_size, domain::FieldChecker& fields) {
  if (page < 0 || page > domain::kPageMax) {
    fields.Add("page", absl::StrCat(page, " is out of range, 1 to ", domain::kPageMax, " (0 is the first)"));
  }
  if (page_size < 0 || page_size > domain::kPageSizeMax) {
    fields.Add("page_size", absl::StrCat(page_size, " is out of range, 1 to ", domain::kPageSizeMax, " (0 is ",
                                         domain::kPageSizeDefault, ")"));
  }
  return {page == 0 ? 1 : page, page_size == 0 ? domain::kPageSizeDefault : page_size};
}

}  // namespace logistics::service
