// logisticsctl dlq drop.
#pragma once

#include <string>

#include "ctl/client/session.hpp"
#include "ctl/dead_letters/dlq_arguments.hpp"

namespace logistics::ctl {

struct DropArguments {
  LetterArguments letters;
  std::string audit;
  std::string export_file;
  bool yes = false;
};

// Returns the exit code.
int DropDeadLetters(Session& session, const DropArguments& arguments);

}  // namespace logistics::ctl
