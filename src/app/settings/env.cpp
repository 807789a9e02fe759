#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "app/settings/parts.hpp"

namespace logistics::app {
namespace {

const Setting* FindByEnv(const std::string& name) {
  const std::vector<Setting>& table = SettingsTable();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&name](const Setting& row) { return !row.env.empty() && row.env == name; });
  return found == table.end() ? nullptr : &*found;
}

// Walks through the text of a .env file assignment by assignment.
class EnvParser {
 public:
  EnvParser(std::string path, std::string text, NamedSettings& result)
      : path_(std::move(path)), text_(std::move(text)), result_(result) {}

  void Parse() {
    while (at_ < text_.size()) ParseLine();
  }

 private:
  void ParseLine() {
    const int line = line_;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string whole = WithoutExport(text_.substr(at_, end - at_));
    if (whole.empty() || whole.front() == '#') return NextLine(end);
    const std::size_t equals = text_.find('=', at_);
    if (equals >= end) {
      ReportIfOurs(whole.substr(0, whole.find_first_of(" \t:")), line);
      return NextLine(end);
    }
    const std::string name = WithoutExport(text_.substr(at_, equals - at_));
    at_ = equals + 1;
    while (at_ < end && IsBlank(text_[at_])) ++at_;
    std::string value;
    if (!ParseValue(value)) return ReportIfOurs(name, line);
    const Setting* setting = FindByEnv(name);
    if (setting == nullptr) return;
    result_.values.erase(setting->key);
    if (!absl::StripAsciiWhitespace(value).empty())
      result_.values[setting->key] = {value, absl::StrCat(path_, ":", line, " (", name, ")")};
  }

  static bool IsBlank(char c) { return c == ' ' || c == '\t'; }

  static std::string WithoutExport(const std::string& text) {
    const std::string line(absl::StripAsciiWhitespace(text));
    if (line.size() < 7 || line.compare(0, 6, "export") != 0 || !IsBlank(line[6])) return line;
    return std::string(absl::StripAsciiWhitespace(line.substr(6)));
  }

  // A comment begins after a blank, so that # can be part of a password.
  bool CommentBeginsAt(std::size_t at) const { return text_[at] == '#' && at > 0 && IsBlank(text_[at - 1]); }

  // Leaves at_ at the beginning of the next line; false when a quote is never closed, or something follows it.
  bool ParseValue(std::string& value) {
    const char quote = at_ < text_.size() ? text_[at_] : '\n';
    if (quote != '"' && quote != '\'') {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      std::size_t comment = at_;
      while (comment < end && !CommentBeginsAt(comment)) ++comment;
      value = text_.substr(at_, comment - at_);
      NextLine(end);
      return true;
    }
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      char c = text_[i];
      if (c == quote) {
        const std::size_t end = std::min(text_.find('\n', i), text_.size());
        std::size_t rest = i + 1;
        while (rest < end && IsBlank(text_[rest])) ++rest;
        const bool whole = rest >= end || CommentBeginsAt(rest);
        NextLine(end);
        return whole;
      }
      // Any other backslash stands for itself.
      const std::string_view escaped = R"(n"\$)";
      if (c == '\\' && quote == '"' && i + 1 < text_.size() && escaped.find(text_[i + 1]) != std::string_view::npos) {
        c = text_[++i];
        if (c == 'n') c = '\n';
      }
      value += c;
    }
    NextLine(std::min(text_.find('\n', at_), text_.size()));
    return false;
  }

  void NextLine(std::size_t end) {
    line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         text_.begin() + static_cast<std::ptrdiff_t>(end), '\n')) +
             1;
    at_ = end + 1;
  }

  void ReportIfOurs(const std::string& name, int line) {
    if (FindByEnv(name) == nullptr) return;
    result_.errors.push_back(
        absl::StrCat(path_, ":", line, ": ", name, " cannot be read: write NAME=value, and close quotes"));
  }

  const std::string path_;
  const std::string text_;
  NamedSettings& result_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

NamedSettings ReadEnvFile(const std::string& path, bool required) {
  NamedSettings result;
  std::error_code ignored;
  // A folder named .env is some tool's, not ours.
  const bool there = std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored);
  if (!there && !required) return result;
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (text.ok()) {
    EnvParser(path, *text, result).Parse();
  } else {
    result.errors.emplace_back(text.status().message());
  }
  return result;
}

NamedSettings ReadEnvironment(const std::function<const char*(const char* name)>& environment) {
  NamedSettings result;
  for (const Setting& setting : SettingsTable()) {
    if (setting.env.empty()) continue;
    const char* value = environment(setting.env.c_str());
    if (value != nullptr && !absl::StripAsciiWhitespace(value).empty()) {
      result.values[setting.key] = {value, absl::StrCat("environment ", setting.env)};
    }
  }
  return result;
}

}  // namespace logistics::app
