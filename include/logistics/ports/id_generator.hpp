#pragma once

#include "logistics/domain/ids.hpp"

namespace logistics::ports {

// Makes new ids: UUIDv7 (RFC 9562 §5.7), so that rows made together lie together in the indexes. Thread-safe.
class IdGenerator {
 public:
  virtual ~IdGenerator() = default;
  virtual domain::Uuid NewId() = 0;
};

}  // namespace logistics::ports
