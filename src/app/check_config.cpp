#include "app/check_config.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/money.hpp"
#include "messaging/events/event_decoder.hpp"
#include "storage/sessions_needed.hpp"

namespace logistics::app {
namespace {

constexpr int kNameWidth = 44;

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
    {"orders before a page that has a number", domain::kPagedOrdersMax},
    {"ids in one question for levels", static_cast<std::int64_t>(domain::kLevelIdsMax)},
    {"bytes of an event of another service", static_cast<std::int64_t>(messaging::kInboundBodyBytesMax)},
    {"objects and lists within each other in it", messaging::kInboundDepthMax},
};

// What a connection limit of the role, and max_connections, have to allow.
void PrintSessions(const Settings& settings, std::ostream& out) {
  std::vector<storage::SessionNeed> needs = storage::SessionsNeeded(settings.database);
  if (settings.broker.payments.enabled) needs.push_back({"consumer of payments", 1});
  if (!settings.inventory_peer.url.empty()) needs.push_back({"reconciler", 1});
  int sum = 0;
  out << "sessions at Postgres, of one replica:\n";
  for (const storage::SessionNeed& need : needs) {
    sum += need.sessions;
    out << "  " << std::left << std::setw(kNameWidth) << need.purpose << "  " << need.sessions
        << (need.for_a_moment ? "   for a moment, at a connect" : "") << "\n";
  }
  out << "  " << std::left << std::setw(kNameWidth) << "sum"
      << "  " << sum << "\n";
}

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
  PrintSessions(loaded.settings, out);
  out << "limits of one request or message:\n";
  for (const Limit& limit : kLimits) {
    out << "  " << std::left << std::setw(kNameWidth) << limit.name << "  " << limit.value << "\n";
  }
}

}  // namespace logistics::app
