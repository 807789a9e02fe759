#include "storage/rows/change_log.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kLastNumber = {"last_number", "SELECT value FROM change_counter"};

}  // namespace

std::int64_t ReadLastNumber(Session& session) { return session.Execute(kLastNumber)[0][0].as<std::int64_t>(); }

domain::Uuid DerivedId(const domain::Uuid& base, std::uint32_t ordinal) {
  domain::Uuid::Bytes bytes = base.bytes();
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[domain::Uuid::kBytes - 1 - i] ^= static_cast<std::uint8_t>(ordinal >> (8 * i));
  }
  return domain::Uuid(bytes);
}

}  // namespace logistics::storage
