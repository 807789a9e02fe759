// Texts that name something: SKUs, keys, categories, ids of others. Two that look alike should be the same bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace logistics::domain {

// Why `text` is no good name for something new, as the end of a sentence that begins with the text: "begins with a
// blank (U+0020)", "contains U+200B, which cannot be seen", "is not in Unicode normal form C (NFC)". nullopt: nothing
// is wrong. Control characters, characters without a picture, blanks other than U+0020 between other characters, and
// bytes that are no UTF-8 are wrong.
//
// Names that are there already are not refused by this: whoever looks one up asks only when nothing was found.
std::optional<std::string> IdentifierFault(std::string_view text);

// `text` for people, so that what is wrong with the name can be seen: such characters as \u200B or \U000E0020, blanks
// at the ends as \u0020, bytes that are no UTF-8 as \xFF. Of a text that is not in NFC, all that is not ASCII.
// Backslashes are doubled where something is shown so, or could be read so: different names are shown differently.
std::string ShownIdentifier(std::string_view text);

// `text` for people, on one line: the same for control characters and those without a picture. The rest, and the
// joiners and selectors that scripts and emoji are written with, stays as it is.
std::string ShownText(std::string_view text);

}  // namespace logistics::domain
