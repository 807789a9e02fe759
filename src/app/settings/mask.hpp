#pragma once

#include <string>

namespace logistics::app {

// `text` without the passwords of URLs in it: "postgres://me:***@host/db?password=***". Of a list of URLs, all.
// Where it cannot be told whether something is a password it is masked.
std::string MaskPasswords(const std::string& text);

}  // namespace logistics::app
