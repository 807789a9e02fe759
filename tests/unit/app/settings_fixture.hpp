// Settings loaded from given sources alone: nothing of the machine's files and environment gets in.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "app/settings/settings.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace logistics::app {

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "logistics-settings-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    sources_.config_candidates.clear();
    sources_.env_candidate = Path("absent.env");
    sources_.environment = [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    };
    environment_ = {{"DATABASE_URL", "postgres://me:secret@db/logistics"}, {"RABBITMQ_URL", "amqp://mq"}};
  }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  void Yaml(const std::string& text) {
    sources_.config_file = Path("config.yaml");
    std::ofstream(*sources_.config_file) << text;
  }
  void EnvFile(const std::string& text) {
    sources_.env_file = Path("test.env");
    std::ofstream(*sources_.env_file) << text;
  }
  void Flag(std::string key, std::string value) { sources_.flags.push_back({std::move(key), std::move(value)}); }

  LoadedSettings Load(SettingsFor purpose = SettingsFor::kServe) const { return LoadSettings(sources_, purpose); }

  // The settings of sources in which nothing is wrong.
  Settings LoadRight() const {
    const LoadedSettings loaded = Load();
    EXPECT_THAT(loaded.errors, testing::IsEmpty());
    return loaded.settings;
  }

  static EffectiveSetting Effective(const LoadedSettings& loaded, const std::string& key) {
    const auto found = std::find_if(loaded.effective.begin(), loaded.effective.end(),
                                    [&key](const EffectiveSetting& setting) { return setting.key == key; });
    return found == loaded.effective.end() ? EffectiveSetting() : *found;
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  SettingsSources sources_;
};

}  // namespace logistics::app
