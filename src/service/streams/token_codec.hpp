// The form of tokens that clients hand back: bytes with a checksum, in URL-safe base64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "logistics/domain/ids.hpp"

namespace logistics::service {

inline constexpr std::size_t kTokenNumberBytes = 8;

// The same in every process and release, unlike absl::Hash.
std::uint64_t StableHash(std::string_view bytes);

// Fixed lengths, eight bytes and sixteen, so that the bytes behind them have a fixed place.
void AppendNumber(std::string& bytes, std::uint64_t number);
void AppendUuid(std::string& bytes, const domain::Uuid& id);

// The inverses; `bytes` is that long from `offset` on.
std::uint64_t NumberAt(std::string_view bytes, std::size_t offset);
domain::Uuid UuidAt(std::string_view bytes, std::size_t offset);

// The token of these bytes.
std::string SealToken(std::string bytes);

// The bytes of a token; nullopt for a text that SealToken did not make: any flipped bit, any cut, any other form of the
// same base64, any text longer than a token.
std::optional<std::string> OpenToken(std::string_view token);

}  // namespace logistics::service
