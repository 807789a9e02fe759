// logisticsctl dlq list and show: the letters stay where they are.
#pragma once

#include <string>
#include <vector>

#include "ctl/client/session.hpp"
#include "ctl/dead_letters/dlq_arguments.hpp"

namespace logistics::ctl {

struct DlqListArguments {
  BrokerArguments broker;
  std::vector<std::string> queues;
};

// Each returns the exit code.
int ListDeadLetters(Session& session, const DlqListArguments& arguments);
int ShowDeadLetters(Session& session, const LetterArguments& arguments);

}  // namespace logistics::ctl
