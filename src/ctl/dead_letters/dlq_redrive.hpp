// logisticsctl dlq redrive.
#pragma once

#include <string>

#include "ctl/client/session.hpp"
#include "ctl/dead_letters/dlq_arguments.hpp"

namespace logistics::ctl {

struct RedriveArguments {
  LetterArguments letters;
  double rate_per_second = 0;
  bool dry_run = false;
  std::string audit;
};

// Returns the exit code.
int RedriveDeadLetters(Session& session, const RedriveArguments& arguments);

}  // namespace logistics::ctl
