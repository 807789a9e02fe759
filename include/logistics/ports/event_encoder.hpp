#pragma once

#include <string>

#include "logistics/domain/event.hpp"

namespace logistics::ports {

// Makes the body that will be published (the whole envelope of contract §3) when the event is stored, so that what is
// told later is what was decided then, whatever version of the daemon tells it. Thread-safe.
class EventEncoder {
 public:
  virtual ~EventEncoder() = default;
  virtual std::string Encode(const domain::Event& event) const = 0;
};

}  // namespace logistics::ports
