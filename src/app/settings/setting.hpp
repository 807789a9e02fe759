// One setting: how it is called, read, checked and shown. The rows are in table.cpp, the one place to add to.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/settings/settings.hpp"

namespace logistics::app {

struct Setting {
  std::string key;      // where it stands in the YAML file: "grpc.port"; the flag is "--grpc-port"
  std::string env;      // its name in .env and in the environment; empty = none
  std::string doc;      // its effect, for --help
  std::string allowed;  // which values are right, for the error and --help
  // A password or key: shown as ***, and without a flag, because every user of the machine can see command lines.
  bool secret = false;
  // A URL, which may hold a password.
  bool url = false;
  // Reads `text` into `settings`; false and no change when it is not allowed. Empty: only the YAML file can say it.
  std::function<bool(const std::string& text, Settings& settings)> set;
  std::function<std::string(const Settings& settings)> get;  // in a form that `set` accepts

  bool has_flag() const { return set && !secret; }
};

// All settings, in the order of config/logistics-engine.yaml. Made once; safe from any thread.
const std::vector<Setting>& SettingsTable();

// The row of `key`, or nullptr.
const Setting* FindSetting(const std::string& key);

// "--grpc-port" for "grpc.port".
std::string FlagName(const std::string& key);

// `text` as it may be shown: *** for a secret, else with the passwords in it masked.
std::string Shown(const Setting& setting, const std::string& text);

}  // namespace logistics::app
