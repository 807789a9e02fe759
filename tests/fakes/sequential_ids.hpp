#pragma once

#include <atomic>
#include <cstdint>

#include "logistics/ports/id_generator.hpp"

namespace logistics::fakes {

// 00000000-0000-7000-8000-000000000001, ...2, and so on: rising, shaped like UUIDv7. Thread-safe.
class SequentialIds final : public ports::IdGenerator {
 public:
  explicit SequentialIds(std::uint64_t first = 1) : next_(first) {}

  domain::Uuid NewId() override {
    std::uint64_t rest = next_.fetch_add(1);
    domain::Uuid::Bytes bytes{};
    for (std::size_t i = domain::Uuid::kBytes; i > 10; --i, rest >>= 8) bytes[i - 1] = static_cast<std::uint8_t>(rest);
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    return domain::Uuid(bytes);
  }

 private:
  std::atomic<std::uint64_t> next_;
};

}  // namespace logistics::fakes
