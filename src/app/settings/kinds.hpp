// Rows of the settings table by type: each gives the parser, the check and the text to show from one place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "app/settings/setting.hpp"

namespace logistics::app {

// The begin of every row. `env` empty: derived, LOGISTICS_GRPC_CALLS_MAX for grpc.calls_max.
struct SettingName {
  std::string key;
  std::string env;
  std::string doc;
};

// The field of Settings that a row fills.
template <typename T>
using Field = std::function<T&(Settings&)>;

// The same for a member at `path`; a macro because a lambda that returns a reference says its type twice.
#define FIELD(type, path) ([](Settings& s) -> type& { return s.path; })

Setting WholeNumber(SettingName name, int min, int max, Field<int> field);
// 0-65535, also with a colon before it (":50051"), which the mesh's Go services use.
Setting Port(SettingName name, Field<int> field);
// "500ms", "5s", "1h30m": a unit is a must.
Setting Duration(SettingName name, absl::Duration min, absl::Duration max, Field<absl::Duration> field);
Setting Boolean(SettingName name, Field<bool> field);
// Any text for which `valid` holds.
Setting Text(SettingName name, std::string allowed, std::function<bool(const std::string&)> valid,
             Field<std::string> field);
// For Text: 1-255 bytes without blanks.
bool IsSettingToken(const std::string& text);
// URLs with one of `schemes` ("amqp://"), separated by commas.
Setting UrlList(SettingName name, std::vector<std::string> schemes, Field<std::vector<std::string>> field);

// One of a few words, in any case. The first word of a value is how it is shown.
template <typename T>
Setting Choice(SettingName name, std::vector<std::pair<std::string, T>> words, Field<T> field);

// The fields that all kinds share.
Setting NamedSetting(SettingName name, std::string allowed);
std::string LowerCase(const std::string& text);

template <typename T>
Setting Choice(SettingName name, std::vector<std::pair<std::string, T>> words, Field<T> field) {
  std::string allowed;
  for (const auto& [word, value] : words) allowed += (allowed.empty() ? "" : ", ") + word;
  Setting setting = NamedSetting(std::move(name), std::move(allowed));
  setting.set = [words, field](const std::string& text, Settings& settings) {
    for (const auto& [word, value] : words) {
      if (word == LowerCase(text)) {
        field(settings) = value;
        return true;
      }
    }
    return false;
  };
  setting.get = [words, field](const Settings& settings) {
    Settings copy = settings;
    for (const auto& [word, value] : words) {
      if (value == field(copy)) return word;
    }
    return std::string();
  };
  return setting;
}

}  // namespace logistics::app
