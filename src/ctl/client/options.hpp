// The parts that the commands of all rooms make their options of.
#pragma once

#include <CLI/CLI.hpp>  // only in the files that add commands: it takes long to compile

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "ctl/client/session.hpp"

namespace logistics::ctl {

// The chosen command, ready to run once everything is parsed.
using Run = std::function<int(Session&)>;

// The options and positionals of a command that fill fields of one message.
class FieldOptions {
 public:
  // `app` outlives this.
  FieldOptions(CLI::App& app, std::shared_ptr<google::protobuf::Message> message);

  // `path` names the field, as "payment_info.currency"; a bool is a flag. A field whose option is not given stays
  // unset.
  CLI::Option* Add(const std::string& name, const std::string& path, const std::string& help);

 private:
  CLI::App& app_;
  const std::shared_ptr<google::protobuf::Message> message_;
};

// "10", "2.5" (seconds), "500ms", "1m": above 0 and up to `max`.
bool ParseDuration(const std::string& text, absl::Duration max, absl::Duration& duration);

// For options that the environment gives too: blanks and ends of lines around a value do not count, as in the daemon's
// settings.
inline CLI::Validator Trimmed() {
  const auto trim = [](std::string& value) {
    value = std::string(absl::StripAsciiWhitespace(value));
    return std::string();
  };
  return {trim, ""};
}

}  // namespace logistics::ctl
