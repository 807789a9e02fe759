#pragma once

#include "logistics/domain/validation.hpp"

namespace logistics::service {

// Page numbers as lists take them, with the defaults filled in (0 = the first page, 0 = the default size).
struct Paging {
  int page = 1;
  int page_size = 1;
};
// Violations are added to `fields` under "page" and "page_size".
Paging CheckPaging(int page, int page_size, domain::FieldChecker& fields);

}  // namespace logistics::service
