#pragma once

#include <string>

namespace logistics::app {

// `text` without the passwords of URLs in it: "postgres://me:***@host/db?password=***". Of a list of URLs, all.
// Text that may be a password is masked too.
std::string MaskPasswords(const std::string& text);

}  // namespace logistics::app
