#pragma once

#include <string>

#include "logistics/ports/event_encoder.hpp"

namespace logistics::messaging {

// The envelope of contract §3 as compact JSON: ids hyphenated in lower case, timestamps RFC 3339 in UTC with six
// decimals and "Z", optional fields that are empty as null. Bytes that are no UTF-8 become U+FFFD, so every event can
// be published.
class JsonEventEncoder final : public ports::EventEncoder {
 public:
  std::string Encode(const domain::Event& event) const override;
};

}  // namespace logistics::messaging
