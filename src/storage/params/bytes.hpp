#pragma once

#include <string_view>

namespace logistics::storage {

// The value of a bytea.
struct Bytes {
  std::string_view bytes;
};

}  // namespace logistics::storage
