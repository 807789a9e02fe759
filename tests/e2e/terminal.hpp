#pragma once

#include <string>

#include "support/process.hpp"

namespace logistics::e2e {

// Runs a program at a terminal, where `answer` is typed when it has asked `question`. Its exit code; -1 where it did
// not end by itself within 30 s of silence.
int AnswerAtTerminal(const support::Command& command, const std::string& question, const std::string& answer);

}  // namespace logistics::e2e
