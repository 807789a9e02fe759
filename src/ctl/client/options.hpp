// The parts that the commands of all rooms make their options of.
#pragma once

#include <CLI/CLI.hpp>  // only in the files that add commands: it takes long to compile

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "ctl/client/session.hpp"

namespace logistics::ctl {

// The chosen command, ready to run once everything is parsed.
using Run = std::function<int(Session&)>;

// An option or positional that fills one string field of a message, and marks it only when it was given.
template <typename Message>
CLI::Option* Text(CLI::App& app, const std::string& name, const std::shared_ptr<Message>& arguments,
                  std::function<void(Message&, const std::string&)> set, const std::string& help) {
  return app.add_option_function<std::string>(
      name, [arguments, set = std::move(set)](const std::string& value) { set(*arguments, value); }, help);
}

// "10", "2.5" (seconds), "500ms", "1m": above 0 and up to `max`.
bool ParseDuration(const std::string& text, absl::Duration max, absl::Duration& duration);

}  // namespace logistics::ctl
