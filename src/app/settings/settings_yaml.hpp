#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/settings/setting.hpp"

namespace logistics::app {

struct YamlSettings {
  std::map<std::string, GivenValue> values;  // by key path; the source is file:line
  std::optional<std::vector<messaging::QueueOptions>> queues;
  std::string queues_source;
  // A file that cannot be read or is no YAML, unknown and repeated keys (with the nearest known one), wrong shapes.
  std::vector<std::string> errors;
};

// Reads the file; never throws. Values are not checked here, only that each belongs to a setting.
YamlSettings ReadYamlSettings(const std::string& path);

}  // namespace logistics::app
