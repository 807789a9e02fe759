// Identifiers. One UUID type for the whole project, and strong types over it so that a customer is never passed
// where an order is meant.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace logistics::domain {

// A 128-bit UUID (RFC 9562). Value type; any version is accepted on input. Thread-compatible.
class Uuid {
 public:
  static constexpr std::size_t kBytes = 16;
  using Bytes = std::array<std::uint8_t, kBytes>;

  // The nil UUID.
  constexpr Uuid() = default;
  explicit constexpr Uuid(const Bytes& bytes) : bytes_(bytes) {}

  // Accepts exactly the hyphenated form of 36 characters, in either case; anything else is nullopt.
  static std::optional<Uuid> Parse(std::string_view text);

  // Lower case, hyphenated, 36 characters.
  std::string ToString() const;

  const Bytes& bytes() const { return bytes_; }
  bool is_nil() const { return *this == Uuid(); }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Uuid& id) {
    return H::combine_contiguous(std::move(state), id.bytes_.data(), kBytes);
  }

 private:
  Bytes bytes_{};
};

// The UUID of a name within a name space (version 5, RFC 9562 §5.5): the same for the same name, whoever computes it.
Uuid NameUuid(const Uuid& name_space, std::string_view name);

// A UUID that names one kind of entity. `Tag` is never defined.
template <typename Tag>
class Id {
 public:
  constexpr Id() = default;
  explicit constexpr Id(const Uuid& uuid) : uuid_(uuid) {}

  static std::optional<Id> Parse(std::string_view text) {
    const std::optional<Uuid> uuid = Uuid::Parse(text);
    return uuid ? std::optional<Id>(Id(*uuid)) : std::nullopt;
  }

  const Uuid& uuid() const { return uuid_; }
  std::string ToString() const { return uuid_.ToString(); }

  friend auto operator<=>(const Id&, const Id&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Id& id) {
    return H::combine(std::move(state), id.uuid_);
  }

 private:
  Uuid uuid_;
};

using OrderId = Id<struct OrderTag>;
using CustomerId = Id<struct CustomerTag>;
using ProductId = Id<struct ProductTag>;
using WarehouseId = Id<struct WarehouseTag>;

// Stands in where an order or an adjustment names no warehouse (contract §5).
inline constexpr std::string_view kDefaultWarehouseId = "00000000-0000-0000-0000-000000000001";

}  // namespace logistics::domain
