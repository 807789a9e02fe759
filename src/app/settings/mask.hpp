#pragma once

#include <string>

namespace logistics::app {

// What a text is about decides what may be a password in it.
enum class TextKind {
  kAny,  // passwords of the URLs and of the name=value pairs in it
  kUrl,  // meant as a URL: also what would be a password if the text were right
};

// `text` without the passwords in it: "postgres://me:***@host/db?password=***", "host=db password=***". Of a list of
// URLs, all. Text that may be a password is masked too.
std::string MaskPasswords(const std::string& text, TextKind kind = TextKind::kAny);

}  // namespace logistics::app
