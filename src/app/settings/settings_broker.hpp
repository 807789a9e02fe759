#pragma once

#include <vector>

#include "app/settings/setting.hpp"

namespace logistics::app {

// The rows of rabbitmq.*, consumers.*, outbox.* and topology.*: how the broker is reached, and what goes over it.
std::vector<Setting> BrokerSettings();

}  // namespace logistics::app
