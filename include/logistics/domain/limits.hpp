// Limits of what one request may hold. Each is named in the error that a request over it gets,
// and printed by `logistics-engine check-config`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace logistics::domain {

inline constexpr std::size_t kOrderLinesMax = 200;
inline constexpr std::int32_t kLineQuantityMax = 1'000'000;
inline constexpr std::size_t kShortTextBytesMax = 256;  // names, SKUs, cities, payment methods, keys
inline constexpr std::size_t kRequestIdBytesMax = 128;  // of an adjustment
inline constexpr std::size_t kExternalIdCharactersMax = 128;
inline constexpr std::size_t kLongTextBytesMax = 4'096;  // notes, reasons, descriptions
inline constexpr std::size_t kAttributesMax = 64;        // attributes of one product
inline constexpr std::int32_t kPageSizeDefault = 50;
inline constexpr std::int32_t kPageSizeMax = 100;
inline constexpr std::int32_t kPageMax = 1'000'000;
inline constexpr std::int64_t kPagedOrdersMax = 10'000;  // page numbers begin before it; page tokens reach everything
inline constexpr std::size_t kLevelIdsMax = 1'000;       // ids in one GetInventoryLevels
inline constexpr std::int64_t kStockQuantityMax = 2'147'483'647;  // events carry 32-bit counts (contract §3)

}  // namespace logistics::domain
