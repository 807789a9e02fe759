// The settings that docker/ gives to the daemon: a name with a slip in it would be ignored without a word.
#include <yaml-cpp/yaml.h>

#include <map>
#include <set>
#include <string>

#include "app/settings/setting.hpp"
#include "app/settings/settings.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace logistics::app {
namespace {

using Environment = std::map<std::string, std::string>;

YAML::Node Container(const std::string& file) {
  return YAML::LoadFile(std::string(LOGISTICS_SOURCE_DIR) + "/docker/" + file);
}

// What compose makes of ${NAME:-default} where nobody gives NAME. Defaults may hold others.
std::string WithDefaults(std::string text) {
  for (std::size_t begin = text.rfind("${"); begin != std::string::npos; begin = text.rfind("${")) {
    const std::size_t end = text.find('}', begin);
    const std::size_t value = text.find(":-", begin) + 2;
    text.replace(begin, end - begin + 1, text.substr(value, end - value));
  }
  return text;
}

Environment Pairs(const YAML::Node& map) {
  Environment environment;
  for (const auto& pair : map) environment[pair.first.as<std::string>()] = WithDefaults(pair.second.as<std::string>());
  return environment;
}

testing::Matcher<std::string> NameOfASetting() {
  std::set<std::string> names;
  for (const Setting& setting : SettingsTable()) names.insert(setting.env);
  return testing::Truly([names](const std::string& name) { return names.count(name) != 0; });
}

LoadedSettings LoadFrom(const Environment& environment) {
  SettingsSources sources;
  sources.config_candidates = {};
  sources.env_candidate = "/dev/null";
  sources.environment = [&environment](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  return LoadSettings(sources, SettingsFor::kServe);
}

absl::Duration Seconds(const YAML::Node& node) { return absl::Seconds(node.as<int>()); }

TEST(ContainerSettings, Compose_GivesSettingsThatServe) {
  const YAML::Node engine = Container("compose.yaml")["x-engine"];
  const Environment environment = Pairs(engine["environment"]);
  for (const auto& [name, value] : environment) EXPECT_THAT(name, NameOfASetting());
  const LoadedSettings loaded = LoadFrom(environment);
  EXPECT_THAT(loaded.errors, testing::IsEmpty());
  EXPECT_EQ(loaded.settings.server.port, 50051);  // what is published
  EXPECT_EQ(loaded.settings.telemetry.metrics_port, 9091);
  absl::Duration grace;
  ASSERT_TRUE(absl::ParseDuration(engine["stop_grace_period"].as<std::string>(), &grace));
  EXPECT_GT(grace, loaded.settings.drain_timeout);
}

TEST(ContainerSettings, Kubernetes_GivesSettingsThatServeAndTimeToStop) {
  const YAML::Node pod = Container("kubernetes/deployment.yaml")["spec"]["template"]["spec"];
  const YAML::Node container = pod["containers"][0];
  Environment environment = Pairs(Container("kubernetes/configmap.yaml")["data"]);
  for (const YAML::Node& secret : container["env"]) {
    const auto name = secret["name"].as<std::string>();
    environment[name] = name == "DATABASE_URL" ? "postgres://me:pw@db/x" : "amqp://mq";
  }
  for (const auto& [name, value] : environment) EXPECT_THAT(name, NameOfASetting());
  const LoadedSettings loaded = LoadFrom(environment);
  EXPECT_THAT(loaded.errors, testing::IsEmpty());
  EXPECT_EQ(loaded.settings.server.port, container["ports"][0]["containerPort"].as<int>());
  EXPECT_EQ(loaded.settings.server.port, container["readinessProbe"]["grpc"]["port"].as<int>());
  EXPECT_EQ(loaded.settings.telemetry.metrics_port, container["ports"][1]["containerPort"].as<int>());
  EXPECT_GT(Seconds(pod["terminationGracePeriodSeconds"]),
            Seconds(container["lifecycle"]["preStop"]["sleep"]["seconds"]) + loaded.settings.drain_timeout);
}

}  // namespace
}  // namespace logistics::app
