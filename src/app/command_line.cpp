#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/check_config.hpp"
#include "app/health.hpp"
#include "app/serve.hpp"
#include "app/settings/setting.hpp"
#include "app/settings/settings.hpp"
#include "logistics/base/standard_streams.hpp"
#include "rpc/server/health_probe.hpp"

namespace logistics::app {
namespace {

std::string HelpOf(const Setting& setting) {
  return absl::StrCat(setting.doc, " [", setting.env, "]; ", setting.allowed);
}

// The message for a command line that cannot be read. CLI11's own message does not name a command that does not exist.
std::string MessageOf(const CLI::App* app, const CLI::Error& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError)) {
    return CLI::FailureMessage::simple(app, error);
  }
  const std::vector<std::string> rest = app->remaining();
  const std::string unknown = rest.empty() ? "" : rest.front();
  const auto name_of = [](std::string* out, const CLI::App* command) { absl::StrAppend(out, command->get_name()); };
  return absl::StrCat(unknown.empty() ? "a command is missing" : "there is no command ", unknown, " (",
                      absl::StrJoin(app->get_subcommands({}), ", ", name_of), "); --help says more\n");
}

// The command line as CLI11 sees it. The options hold references to the members: neither copied nor moved.
class CommandLineParser {
 public:
  explicit CommandLineParser(const std::string& release)
      : app_("Orders and inventory over gRPC, events over RabbitMQ, truth in Postgres.", "logistics-engine") {
    app_.set_version_flag("--version", "logistics-engine " + release);
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.failure_message(MessageOf);
    app_.add_option("--config", config_file_, "settings file (YAML)");
    app_.add_option("--env-file", env_file_, "file of NAME=value lines, instead of .env");
    values_.resize(SettingsTable().size());
    for (std::size_t i = 0; i < SettingsTable().size(); ++i) {
      const Setting& setting = SettingsTable()[i];
      CLI::Option* option = nullptr;
      if (setting.has_flag()) {
        option = app_.add_option(FlagName(setting.key), values_[i], HelpOf(setting))->group("Settings");
      }
      options_.push_back(option);
    }
    serve_ = app_.add_subcommand("serve", "bring the database's schema up to date and serve until SIGTERM");
    migrate_ = app_.add_subcommand("migrate", "bring the database's schema up to date and end");
    restored_ = app_.add_subcommand(
        "restored", "give a database that was restored from a backup a new identity, before it is served, and end");
    app_.add_subcommand("check-config", "check the settings and print what is in effect");
    health_ = app_.add_subcommand("health", "ask a running daemon whether it serves: exit code 0 when it does, else 1");
    health_->add_option("--address", address_, "host:port of its gRPC; else what the settings say, on this machine");
    for (CLI::App* command : app_.get_subcommands({})) {
      command->footer("Settings are flags too, before or after the command: logistics-engine --help lists them.");
    }
  }
  CommandLineParser(const CommandLineParser&) = delete;
  CommandLineParser& operator=(const CommandLineParser&) = delete;

  // Throws CLI::ParseError, also for --help and --version.
  void Parse(int argc, char** argv) { app_.parse(argc, argv); }

  // Prints what CLI11 has to say about it; the exit code.
  int Explain(const CLI::ParseError& error) { return app_.exit(error) == 0 ? kExitOk : kExitUsage; }

  SettingsSources Sources() const {
    SettingsSources sources;
    if (!config_file_.empty()) sources.config_file = config_file_;
    if (!env_file_.empty()) sources.env_file = env_file_;
    for (std::size_t i = 0; i < options_.size(); ++i) {
      if (options_[i] != nullptr && options_[i]->count() > 0) {
        sources.flags.push_back({SettingsTable()[i].key, values_[i]});
      }
    }
    return sources;
  }

  bool serve() const { return serve_->parsed(); }
  bool migrate() const { return migrate_->parsed(); }
  bool restored() const { return restored_->parsed(); }
  bool health() const { return health_->parsed(); }
  const std::string& address() const { return address_; }

 private:
  CLI::App app_;
  std::string config_file_;
  std::string env_file_;
  std::string address_;
  std::vector<std::string> values_;    // by row of the table
  std::vector<CLI::Option*> options_;  // by row of the table; nullptr = no flag. Owned by app_
  const CLI::App* serve_ = nullptr;    // owned by app_
  const CLI::App* migrate_ = nullptr;
  const CLI::App* restored_ = nullptr;
  CLI::App* health_ = nullptr;
};

// With an address no settings are read, so that the command works from any machine.
int RunHealth(const CommandLineParser& parser) {
  if (!parser.address().empty()) return Health(parser.address());
  const LoadedSettings loaded = LoadSettings(parser.Sources(), SettingsFor::kHealth);
  if (loaded.errors.empty()) return Health(rpc::ProbeAddress(loaded.settings.server));
  std::cerr << "not well: wrong settings: " << absl::StrJoin(loaded.errors, "; ") << "\n";
  return kExitFailed;
}

// The exit code of a command whose answer is what it prints: an answer that did not get out is none.
int Printed(int code) {
  const std::string failure = base::FlushOutput();
  if (failure.empty()) return code;
  std::cerr << "logistics-engine: cannot write to standard output: " << failure << "\n";
  return code == kExitOk ? kExitFailed : code;
}

}  // namespace

int RunCommandLine(const std::string& release, int argc, char** argv) {
  base::KeepStandardStreams();
  CommandLineParser parser(release);
  try {
    parser.Parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Printed(parser.Explain(error));
  }
  if (parser.health()) return RunHealth(parser);
  const bool database_only = parser.migrate() || parser.restored();
  LoadedSettings loaded = LoadSettings(parser.Sources(), database_only ? SettingsFor::kMigrate : SettingsFor::kServe);
  loaded.settings.database.release = release;
  if (!parser.serve() && !database_only) PrintEffectiveSettings(loaded, std::cout);
  if (!loaded.errors.empty()) {
    Printed(kExitUsage);
    std::cerr << "logistics-engine: wrong settings:\n";
    for (const std::string& error : loaded.errors) std::cerr << "  " << error << "\n";
    return kExitUsage;
  }
  if (parser.serve()) return Serve(loaded.settings);
  if (parser.migrate()) return Migrate(loaded.settings);
  if (parser.restored()) return Restored(loaded.settings);
  return Printed(kExitOk);
}

}  // namespace logistics::app
