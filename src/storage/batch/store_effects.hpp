#pragma once

#include <span>

#include "absl/time/time.h"
#include "logistics/commands/decide.hpp"
#include "logistics/ports/event_encoder.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// The statements that write everything but the commit: the effects of a decided batch, and the keys that its refused
// commands leave unused. `batch_id` is the identity of this try of the batch, `now` its time.
StatementGroup StoreEffects(std::span<const commands::Item> items, const commands::Decision& decision,
                            const ports::EventEncoder& encoder, const domain::Uuid& batch_id, absl::Time now);

}  // namespace logistics::storage
