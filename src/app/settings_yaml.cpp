#include "app/settings_yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/settings_queues.hpp"

namespace logistics::app {
namespace {

// Levenshtein's distance.
std::size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string Section(const std::string& key) { return key.substr(0, key.find('.')); }

bool IsSection(const std::string& name) {
  const std::vector<Setting>& table = SettingsTable();
  return std::any_of(table.begin(), table.end(), [&name](const Setting& row) { return Section(row.key) == name; });
}

// "; did you mean grpc.port?", or nothing when no name is near.
std::string Suggestion(const std::string& unknown) {
  std::set<std::string> known;
  for (const Setting& row : SettingsTable()) known.insert({row.key, Section(row.key)});
  const auto nearest = std::min_element(known.begin(), known.end(), [&unknown](const auto& a, const auto& b) {
    return EditDistance(unknown, a) < EditDistance(unknown, b);
  });
  if (EditDistance(unknown, *nearest) > unknown.size() / 3 + 1) return "";
  return absl::StrCat("; did you mean ", *nearest, "?");
}

class Reader {
 public:
  Reader(std::string path, YamlSettings& result) : path_(std::move(path)), result_(result) {}

  void ReadFile() {
    const YAML::Node root = YAML::LoadFile(path_);
    if (root.IsNull()) return;
    if (!root.IsMap()) return Error(root, "the file is not a map of settings");
    for (const auto& entry : root) {
      const std::string name = entry.first.Scalar();
      if (!IsSection(name)) {
        Error(entry.first, absl::StrCat("unknown setting ", name, Suggestion(name)));
      } else if (!sections_.insert(name).second) {
        Error(entry.first, absl::StrCat(name, " is given twice"));
      } else if (entry.second.IsMap()) {
        ReadSection(name, entry.second);
      } else if (!entry.second.IsNull()) {
        Error(entry.first, absl::StrCat(name, " holds settings: give them below it, indented"));
      }
    }
  }

 private:
  void ReadSection(const std::string& section, const YAML::Node& node) {
    for (const auto& entry : node) {
      const std::string key = absl::StrCat(section, ".", entry.first.Scalar());
      const Setting* setting = FindSetting(key);
      if (setting == nullptr) {
        Error(entry.first, absl::StrCat("unknown setting ", key, Suggestion(key)));
      } else if (!keys_.insert(key).second) {
        Error(entry.first, absl::StrCat(key, " is given twice"));
      } else if (!setting->set) {
        result_.queues_source = Where(entry.first);
        result_.queues = ReadQueues(entry.second, key, path_, result_.errors);
      } else {
        ReadValue(*setting, entry.first, entry.second);
      }
    }
  }

  void ReadValue(const Setting& setting, const YAML::Node& name, const YAML::Node& value) {
    if (value.IsScalar()) {
      result_.values[setting.key] = {value.Scalar(), Where(name)};
    } else if (value.IsSequence() &&
               std::all_of(value.begin(), value.end(), [](const YAML::Node& item) { return item.IsScalar(); })) {
      const std::string text = absl::StrJoin(
          value, ",", [](std::string* out, const YAML::Node& item) { absl::StrAppend(out, item.Scalar()); });
      result_.values[setting.key] = {text, Where(name)};
    } else if (value.IsNull()) {
      Error(name, absl::StrCat(setting.key, " has no value; allowed is ", setting.allowed));
    } else {
      Error(name, absl::StrCat(setting.key, " is one value; allowed is ", setting.allowed));
    }
  }

  std::string Where(const YAML::Node& node) const { return absl::StrCat(path_, ":", node.Mark().line + 1); }

  void Error(const YAML::Node& node, const std::string& text) {
    result_.errors.push_back(absl::StrCat(Where(node), ": ", text));
  }

  const std::string path_;
  YamlSettings& result_;
  std::set<std::string> sections_;
  std::set<std::string> keys_;
};

}  // namespace

YamlSettings ReadYamlSettings(const std::string& path) {
  YamlSettings result;
  try {
    Reader(path, result).ReadFile();
  } catch (const YAML::BadFile&) {
    result.errors.push_back(absl::StrCat(path, ": cannot be read"));
  } catch (const YAML::Exception& error) {
    result.errors.push_back(absl::StrCat(path, ":", error.mark.line + 1, ": is not YAML: ", error.msg));
  }
  return result;
}

}  // namespace logistics::app
