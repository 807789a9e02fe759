#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "logistics/ports/order_store.hpp"

namespace logistics::service {

// A token is opaque to clients: URL-safe base64 of a version, a hash of the query's filters and sort, the row to
// continue behind, and a checksum. It means the same to every replica and after a restart. It is no secret and no
// permission: it says where to go on, not what may be seen.
std::string EncodePageToken(const ports::OrderQuery& query, const ports::OrderQuery::After& after);

enum class PageTokenError {
  kMalformed,   // not one that EncodePageToken made
  kOtherQuery,  // made for other filters or another sort
};

struct DecodedPageToken {
  std::optional<ports::OrderQuery::After> after;  // set when the token is good
  PageTokenError error = PageTokenError::kMalformed;
};
DecodedPageToken DecodePageToken(const ports::OrderQuery& query, std::string_view token);

}  // namespace logistics::service
