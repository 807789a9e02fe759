// Bodies of others, whatever they are: the decoder neither crashes nor throws, and what it says of a body can be put
// into a header and a log line. Run by scripts/check --fuzz.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "messaging/events/event_decoder.hpp"

namespace {

// The path of a field, a value cut to 83 bytes, and what is wanted.
constexpr std::size_t kReasonBytesMax = 256;

void Must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto event = logistics::messaging::DecodeEvent(body);
  if (!event.ok()) {
    Must(absl::IsInvalidArgument(event.status()));
    Must(!event.status().message().empty() && event.status().message().size() <= kReasonBytesMax);
    for (const char c : event.status().message()) Must(c >= ' ' && c < 0x7F);
    return 0;
  }
  const auto* payment = std::get_if<logistics::domain::PaymentNotice>(&event->data);
  if (payment == nullptr) return 0;
  Must(!payment->amount.empty());
  Must(payment->outcome == logistics::domain::PaymentOutcome::kFailed || payment->payment_id.has_value());
  return 0;
}
