#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/settings/parts.hpp"

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

// Whether there are settings below `path`: "inventory" and "inventory.remote" are such.
bool IsSection(const std::string& path) {
  const std::vector<Setting>& table = SettingsTable();
  return std::any_of(table.begin(), table.end(),
                     [&path](const Setting& row) { return row.key.rfind(path + ".", 0) == 0; });
}

// "; did you mean grpc.port?", or nothing when no name is near.
std::string Suggestion(const std::string& unknown) {
  std::set<std::string> known;
  for (const Setting& row : SettingsTable()) {
    for (std::size_t dot = row.key.find('.'); dot != std::string::npos; dot = row.key.find('.', dot + 1)) {
      known.insert(row.key.substr(0, dot));
    }
    known.insert(row.key);
  }
  const auto nearest = std::min_element(known.begin(), known.end(), [&unknown](const auto& a, const auto& b) {
    return EditDistance(unknown, a) < EditDistance(unknown, b);
  });
  if (EditDistance(unknown, *nearest) > unknown.size() / 3 + 1) return "";
  return absl::StrCat("; did you mean ", *nearest, "?");
}

class Reader {
 public:
  Reader(std::string path, YamlSettings& result) : path_(std::move(path)), result_(result) {}

  void Read(const std::string& text) {
    std::vector<YAML::Node> documents = YAML::LoadAll(text);
    documents.erase(
        std::remove_if(documents.begin(), documents.end(), [](const YAML::Node& node) { return node.IsNull(); }),
        documents.end());
    if (documents.empty()) return;
    if (documents.size() > 1) Error(documents[1], "a second document, of which nothing would be read");
    const YAML::Node root = documents.front();
    if (!root.IsMap()) return Error(root, "the file is not a map of settings");
    ReadSection("", root);
  }

 private:
  // `prefix` is "inventory.", or empty for the file as a whole.
  void ReadSection(const std::string& prefix, const YAML::Node& node) {
    for (const auto& entry : node) {
      const std::string key = prefix + entry.first.Scalar();
      const Setting* setting = FindSetting(key);
      const bool section = IsSection(key);
      if (setting == nullptr && !section) {
        Error(entry.first, absl::StrCat("unknown setting ", key, Suggestion(key)));
      } else if (!keys_.insert(key).second) {
        Error(entry.first, absl::StrCat(key, " is given twice"));
      } else if (section) {
        ReadSectionValue(key, entry.first, entry.second);
      } else if (!setting->set) {
        result_.queues_source = Where(entry.first);
        result_.queues = ReadQueues(entry.second, key, path_, result_.errors);
      } else {
        ReadValue(*setting, entry.first, entry.second);
      }
    }
  }

  void ReadSectionValue(const std::string& key, const YAML::Node& name, const YAML::Node& value) {
    if (value.IsMap()) {
      ReadSection(key + ".", value);
    } else if (!value.IsNull()) {
      Error(name, absl::StrCat(key, " holds settings: give them below it, indented"));
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
  std::set<std::string> keys_;  // seen so far, sections too
};

}  // namespace

YamlSettings ReadYamlSettings(const std::string& path) {
  YamlSettings result;
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) {
    result.errors.emplace_back(text.status().message());
    return result;
  }
  try {
    Reader(path, result).Read(*text);
  } catch (const YAML::Exception& error) {
    result.errors.push_back(absl::StrCat(path, ":", error.mark.line + 1, ": is not YAML: ", error.msg));
  }
  return result;
}

}  // namespace logistics::app
