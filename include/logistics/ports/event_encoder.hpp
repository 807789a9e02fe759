#pragma once

#include <string>

#include "logistics/domain/event.hpp"

namespace logistics::ports {

// Encodes an event into the body that is published later, the whole envelope of contract §3. The store keeps this body,
// so an event says what was decided then, whatever version of the daemon publishes it. Thread-safe.
class EventEncoder {
 public:
  virtual ~EventEncoder() = default;
  virtual std::string Encode(const domain::Event& event) const = 0;
};

}  // namespace logistics::ports
