// The parts that the table (table.cpp) and LoadSettings (settings.cpp) are put together from, each in the file of its
// name.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/settings/setting.hpp"

namespace YAML {
class Node;
}

namespace logistics::app {

// Sections of the table.
std::vector<Setting> BrokerSettings();     // broker.cpp: rabbitmq.*, consumers.*, outbox.*, topology.*
std::vector<Setting> InventorySettings();  // inventory.cpp: inventory.*
std::vector<Setting> StreamSettings();     // streams.cpp: stream.*, stock_stream.*

// A value as some source gave it, before it is read. Blanks and ends of lines around it count in no source: a secret
// that comes from a file often ends with one.
struct GivenValue {
  std::string text;
  std::string source;  // as in EffectiveSetting
};

// Settings by the name of their environment variable. Names of other services are left out. A name with an empty value
// counts as not set, because compose files pass such names.
struct NamedSettings {
  std::map<std::string, GivenValue> values;  // by key path
  std::vector<std::string> errors;
};

// text_file.cpp: the text of a settings file, without the byte order mark of UTF-8 and with \n for each end of line.
// The message of an error begins with the path: no such file, unreadable, too large, another encoding.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// env.cpp: a .env file of NAME=value lines, `export ` before them allowed, # comments, values in '…' as they stand, in
// "…" with \n \" \\ \$ and over several lines. Nothing is expanded. The last line of a name wins. A line of ours that
// cannot be read whole is an error, one of other services is not. `required`: an absent file is an error too.
NamedSettings ReadEnvFile(const std::string& path, bool required);

// env.cpp: the environment itself.
NamedSettings ReadEnvironment(const std::function<const char*(const char* name)>& environment);

struct YamlSettings {
  std::map<std::string, GivenValue> values;  // by key path; the source is file:line
  std::optional<std::vector<messaging::QueueOptions>> queues;
  std::string queues_source;
  // A file that cannot be read or is no YAML, unknown and repeated keys (with the nearest known one), wrong shapes.
  std::vector<std::string> errors;
};

// yaml.cpp: reads the file; never throws. Values are not checked here, only that each belongs to a setting.
YamlSettings ReadYamlSettings(const std::string& path);

// queues.cpp: the list of topology.queues, each entry a map of name, exchange, routing_keys (at least one), and if
// wanted type, delivery_limit, max_length. Errors go to `errors` with `file`:line; a wrong entry is left out. May throw
// YAML::Exception on a node that is no longer valid.
std::vector<messaging::QueueOptions> ReadQueues(const YAML::Node& list, const std::string& key, const std::string& file,
                                                std::vector<std::string>& errors);

// check.cpp: rules that no single setting can check: settings that must be given, relations between settings, and
// protection that is asked for but not in this version. `shown` gives a setting as errors name it: its key, value
// (masked) and source. One line an error; empty when the settings are right.
std::vector<std::string> CheckSettings(const Settings& settings, SettingsFor purpose,
                                       const std::function<std::string(const std::string& key)>& shown);

}  // namespace logistics::app
