#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/settings/setting.hpp"

namespace logistics::app {

// Settings by the name of their environment variable. Names that are not ours are left out: they are other services'.
// A name with an empty value counts as not set, as compose files pass those that nobody gave.
struct NamedSettings {
  std::map<std::string, GivenValue> values;  // by key path
  std::vector<std::string> errors;
};

// A .env file: NAME=value lines, `export ` before them allowed, # comments, values in '…' as they stand, in "…" with
// \n \" \\ \$ and over several lines. Nothing is expanded. The last line of a name wins. A line of ours that cannot
// be read is an error, one of others is not. `required`: an absent file is one too.
NamedSettings ReadEnvFile(const std::string& path, bool required);

// The environment itself.
NamedSettings ReadEnvironment(const std::function<const char*(const char* name)>& environment);

}  // namespace logistics::app
