#include "app/check_config.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <string>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/money.hpp"
#include "messaging/events/event_decoder.hpp"

namespace logistics::app {
namespace {

struct Limit {
  const char* name;
  std::int64_t value;
};

// static_cast: the constants are of the types that their users compare them with.
constexpr Limit kLimits[] = {
    {"lines of an order", static_cast<std::int64_t>(domain::kOrderLinesMax)},
    {"pieces in a line", domain::kLineQuantityMax},
    {"amount in minor units", domain::kAmountMinorMax},
    {"pieces of a stock level", domain::kStockQuantityMax},
    {"bytes of a name, SKU, city or key", static_cast<std::int64_t>(domain::kShortTextBytesMax)},
    {"bytes of notes, a reason or description", static_cast<std::int64_t>(domain::kLongTextBytesMax)},
    {"attributes of a product", static_cast<std::int64_t>(domain::kAttributesMax)},
    {"page size when none is given", domain::kPageSizeDefault},
    {"page size", domain::kPageSizeMax},
    {"page number", domain::kPageMax},
    {"ids in one question for levels", static_cast<std::int64_t>(domain::kLevelIdsMax)},
    {"bytes of an event of another service", static_cast<std::int64_t>(messaging::kInboundBodyBytesMax)},
    {"objects and lists within each other in it", messaging::kInboundDepthMax},
};

}  // namespace

void PrintEffectiveSettings(const LoadedSettings& loaded, std::ostream& out) {
  std::size_t width = 0;
  for (const EffectiveSetting& setting : loaded.effective) width = std::max(width, setting.key.size());
  out << "settings in effect:\n";
  for (const EffectiveSetting& setting : loaded.effective) {
    const std::string value = setting.value.empty() ? "-" : setting.value;
    out << "  " << std::left << std::setw(static_cast<int>(width)) << setting.key << "  " << value;
    if (setting.source != "default") out << "   from " << setting.source;
    out << "\n";
  }
  out << "limits of one request or message:\n";
  for (const Limit& limit : kLimits) {
    out << "  " << std::left << std::setw(40) << limit.name << "  " << limit.value << "\n";
  }
}

}  // namespace logistics::app
