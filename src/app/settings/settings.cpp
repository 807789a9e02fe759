#include "app/settings/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "app/settings/parts.hpp"

namespace logistics::app {
namespace {

std::string ConfigFile(const SettingsSources& sources) {
  if (sources.config_file) return *sources.config_file;
  for (const std::string& path : sources.config_candidates) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return "";
}

class Loader {
 public:
  LoadedSettings Load(const SettingsSources& sources, SettingsFor purpose) {
    Gather(sources);
    Apply();
    AddOrderQueue();
    const auto shown = [this](const std::string& key) { return ShownWithSource(key); };
    for (std::string& error : CheckSettings(loaded_.settings, purpose, shown)) {
      // A value that could not be read stands at its default, which is no error of its own.
      const std::string key = error.substr(0, error.find(' '));
      if (wrong_.count(key) == 0) loaded_.errors.push_back(std::move(error));
    }
    for (const Setting& setting : SettingsTable()) {
      loaded_.effective.push_back({setting.key, Shown(setting, setting.get(loaded_.settings)), Source(setting.key)});
    }
    return std::move(loaded_);
  }

 private:
  // From the weakest source to the strongest, so that the last one stays.
  void Gather(const SettingsSources& sources) {
    const std::string config_file = ConfigFile(sources);
    if (!config_file.empty()) {
      const YamlSettings yaml = ReadYamlSettings(config_file);
      Add(yaml.values, yaml.errors);
      if (yaml.queues) {
        loaded_.settings.broker.queues = *yaml.queues;
        sources_["topology.queues"] = yaml.queues_source;
      }
    }
    const NamedSettings env_file =
        ReadEnvFile(sources.env_file.value_or(sources.env_candidate), sources.env_file.has_value());
    Add(env_file.values, env_file.errors);
    const NamedSettings environment = ReadEnvironment(
        sources.environment ? sources.environment : [](const char* name) -> const char* { return std::getenv(name); });
    Add(environment.values, environment.errors);
    for (const SettingFlag& flag : sources.flags) given_[flag.key] = {flag.value, FlagName(flag.key)};
  }

  void Add(const std::map<std::string, GivenValue>& values, const std::vector<std::string>& errors) {
    for (const auto& [key, value] : values) given_[key] = value;
    loaded_.errors.insert(loaded_.errors.end(), errors.begin(), errors.end());
  }

  void Apply() {
    for (const Setting& setting : SettingsTable()) {
      const auto given = given_.find(setting.key);
      if (given == given_.end() || !setting.set) continue;
      sources_[setting.key] = given->second.source;
      const std::string text(absl::StripAsciiWhitespace(given->second.text));
      if (setting.set(text, loaded_.settings)) continue;
      wrong_.insert(setting.key);
      loaded_.errors.push_back(absl::StrCat(setting.key, " = \"", Shown(setting, text), "\" (", given->second.source,
                                            "): allowed is ", setting.allowed));
    }
  }

  // RABBITMQ_ORDER_QUEUE is short for one entry of topology.queues.
  void AddOrderQueue() {
    messaging::BrokerOptions& broker = loaded_.settings.broker;
    const std::string& name = loaded_.settings.order_queue;
    const bool configured = std::any_of(broker.queues.begin(), broker.queues.end(),
                                        [&name](const messaging::QueueOptions& queue) { return queue.name == name; });
    if (name.empty() || configured) return;
    messaging::QueueOptions queue;
    queue.name = name;
    queue.exchange = broker.order_exchange;
    queue.routing_keys = {"order.#"};
    broker.queues.push_back(std::move(queue));
  }

  std::string Source(const std::string& key) const {
    const auto found = sources_.find(key);
    return found == sources_.end() ? "default" : found->second;
  }

  std::string ShownWithSource(const std::string& key) const {
    const Setting& setting = *FindSetting(key);
    return absl::StrCat(key, " = \"", Shown(setting, setting.get(loaded_.settings)), "\" (", Source(key), ")");
  }

  LoadedSettings loaded_;
  std::map<std::string, GivenValue> given_;     // by key
  std::map<std::string, std::string> sources_;  // by key, for values that are not defaults
  std::set<std::string> wrong_;                 // keys whose value could not be read
};

}  // namespace

domain::WarehouseId BuiltInWarehouseId() {
  domain::Uuid::Bytes bytes{};
  bytes.back() = 1;
  return domain::WarehouseId(domain::Uuid(bytes));
}

LoadedSettings LoadSettings(const SettingsSources& sources, SettingsFor purpose) {
  return Loader().Load(sources, purpose);
}

}  // namespace logistics::app
