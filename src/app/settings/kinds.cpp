#include "app/settings/kinds.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logistics/base/url.hpp"

namespace logistics::app {
namespace {

// absl::SimpleAtoi also takes blanks and signs; a setting is digits.
std::optional<int> ParseDigits(const std::string& text) {
  if (text.empty() || text.size() > 10) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) return std::nullopt;
  int value = 0;
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

// Field accessors take a Settings that may be written; reading goes through a copy, which settings are small enough
// for.
template <typename T>
T Read(const Field<T>& field, const Settings& settings) {
  Settings copy = settings;
  return field(copy);
}

std::function<bool(const std::string&, Settings&)> SetInt(int min, int max, Field<int> field) {
  return [min, max, field = std::move(field)](const std::string& text, Settings& settings) {
    const std::optional<int> value = ParseDigits(text);
    if (!value || *value < min || *value > max) return false;
    field(settings) = *value;
    return true;
  };
}

std::function<std::string(const Settings&)> GetInt(Field<int> field) {
  return [field = std::move(field)](const Settings& settings) { return std::to_string(Read(field, settings)); };
}

bool HasScheme(const std::string& url, const std::vector<std::string>& schemes) {
  return std::any_of(schemes.begin(), schemes.end(), [&url](const std::string& scheme) {
    return url.size() > scheme.size() && url.compare(0, scheme.size(), scheme) == 0;
  });
}

}  // namespace

std::string LowerCase(const std::string& text) { return absl::AsciiStrToLower(text); }

Setting NamedSetting(SettingName name, std::string allowed) {
  Setting setting;
  setting.key = std::move(name.key);
  setting.env = std::move(name.env);
  if (setting.env.empty()) {
    setting.env = "LOGISTICS_" + absl::AsciiStrToUpper(setting.key);
    std::replace(setting.env.begin(), setting.env.end(), '.', '_');
  }
  setting.doc = std::move(name.doc);
  setting.allowed = std::move(allowed);
  return setting;
}

Setting WholeNumber(SettingName name, int min, int max, Field<int> field) {
  Setting setting = NamedSetting(std::move(name), absl::StrCat("a whole number from ", min, " to ", max));
  setting.set = SetInt(min, max, field);
  setting.get = GetInt(std::move(field));
  return setting;
}

Setting Port(SettingName name, Field<int> field) {
  Setting setting = NamedSetting(std::move(name), "a port from 1 to 65535, or 0 for any free one");
  setting.set = [set = SetInt(0, 65535, field)](const std::string& text, Settings& settings) {
    return set(!text.empty() && text.front() == ':' ? text.substr(1) : text, settings);
  };
  setting.get = GetInt(std::move(field));
  return setting;
}

Setting Duration(SettingName name, absl::Duration min, absl::Duration max, Field<absl::Duration> field) {
  Setting setting = NamedSetting(
      std::move(name),
      absl::StrCat("a duration with its unit from ", absl::FormatDuration(min), " to ", absl::FormatDuration(max)));
  setting.set = [min, max, field](const std::string& text, Settings& settings) {
    absl::Duration value;
    if (!absl::ParseDuration(text, &value) || value < min || value > max) return false;
    field(settings) = value;
    return true;
  };
  setting.get = [field = std::move(field)](const Settings& settings) {
    return absl::FormatDuration(Read(field, settings));
  };
  return setting;
}

Setting Boolean(SettingName name, Field<bool> field) {
  return Choice<bool>(std::move(name), {{"false", false}, {"true", true}}, std::move(field));
}

Setting Text(SettingName name, std::string allowed, std::function<bool(const std::string&)> valid,
             Field<std::string> field) {
  Setting setting = NamedSetting(std::move(name), std::move(allowed));
  setting.set = [valid = std::move(valid), field](const std::string& text, Settings& settings) {
    if (!valid(text)) return false;
    field(settings) = text;
    return true;
  };
  setting.get = [field = std::move(field)](const Settings& settings) { return Read(field, settings); };
  return setting;
}

bool IsSettingToken(const std::string& text) {
  return !text.empty() && text.size() <= 255 &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) || std::iscntrl(c); });
}

Setting UrlList(SettingName name, std::vector<std::string> schemes, Field<std::vector<std::string>> field) {
  Setting setting = NamedSetting(std::move(name),
                                 absl::StrCat(absl::StrJoin(schemes, "... or "), "..., several separated by commas"));
  setting.url = true;
  setting.set = [schemes = std::move(schemes), field](const std::string& text, Settings& settings) {
    std::vector<std::string> urls;
    if (text.empty()) {
      field(settings) = urls;
      return true;
    }
    urls = base::SplitUrls(text);
    if (!std::all_of(urls.begin(), urls.end(), [&](const auto& url) { return HasScheme(url, schemes); })) return false;
    field(settings) = std::move(urls);
    return true;
  };
  setting.get = [field = std::move(field)](const Settings& settings) {
    return absl::StrJoin(Read(field, settings), ",");
  };
  return setting;
}

}  // namespace logistics::app
