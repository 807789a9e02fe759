// The arguments of all dlq commands, and the dead letter queue that they name.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "messaging/dead_letters/dead_letter_queue.hpp"
#include "messaging/dead_letters/redrive_plan.hpp"

namespace logistics::ctl {

struct BrokerArguments {
  std::string urls;  // as RABBITMQ_URL: several are separated by commas
  std::string ca_file;
  bool verify = true;
};

struct LetterArguments {
  BrokerArguments broker;
  std::string queue;
  std::string order;  // an id; empty = any
  messaging::LetterFilter filter;
};

// Connects and takes the lock of the queue's dead letter queue.
absl::StatusOr<std::unique_ptr<messaging::DeadLetterQueue>> OpenDeadLetters(const BrokerArguments& broker,
                                                                            const std::string& queue);
// The filter with its order id; INVALID_ARGUMENT.
absl::StatusOr<messaging::LetterFilter> FilterOf(const LetterArguments& arguments);
// Writes the error to stderr and gives the exit code.
int FailDlq(const absl::Status& status);

}  // namespace logistics::ctl
