// Dead letters as text for people.
#pragma once

#include <cstddef>
#include <string>

#include "messaging/dead_letters/letter.hpp"
#include "messaging/dead_letters/letter_json.hpp"

namespace logistics::ctl {

// "message 018f… PaymentProcessed order 018f…".
std::string LetterName(const messaging::Letter& letter);
std::string LetterCount(std::size_t count);
// All lines of one letter.
std::string LetterText(const messaging::Letter& letter);
// All lines of one dead letter queue.
std::string SummaryText(const messaging::LetterSummary& summary);

}  // namespace logistics::ctl
