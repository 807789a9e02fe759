// logisticsctl dlq …: what is done with the arguments. It speaks to the broker itself, so that it works without a
// daemon.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/client/session.hpp"
#include "messaging/dead_letters/dead_letter_queue.hpp"
#include "messaging/dead_letters/redrive_plan.hpp"

namespace logistics::ctl {

struct BrokerArguments {
  std::string urls;  // as RABBITMQ_URL: several are separated by commas
  std::string ca_file;
  bool verify = true;
};

struct DlqListArguments {
  BrokerArguments broker;
  std::vector<std::string> queues;
};

struct LetterArguments {
  BrokerArguments broker;
  std::string queue;
  std::string order;  // an id; empty = any
  messaging::LetterFilter filter;
};

struct RedriveArguments {
  LetterArguments letters;
  double rate_per_second = 0;
  bool dry_run = false;
  std::string audit;
};

struct DropArguments {
  LetterArguments letters;
  std::string audit;
  std::string export_file;
  bool yes = false;
};

// Each returns the exit code.
int ListDeadLetters(Session& session, const DlqListArguments& arguments);
int ShowDeadLetters(Session& session, const LetterArguments& arguments);
int RedriveDeadLetters(Session& session, const RedriveArguments& arguments);
int DropDeadLetters(Session& session, const DropArguments& arguments);

// What these have in common.

// Connects and takes the lock of the queue's dead letter queue.
absl::StatusOr<std::unique_ptr<messaging::DeadLetterQueue>> OpenDeadLetters(const BrokerArguments& broker,
                                                                            const std::string& queue);
// The filter with its order id; INVALID_ARGUMENT.
absl::StatusOr<messaging::LetterFilter> FilterOf(const LetterArguments& arguments);
// Writes what went wrong to stderr and gives the exit code.
int FailDlq(const absl::Status& status);
// "message 018f… PaymentProcessed order 018f…".
std::string LetterName(const messaging::Letter& letter);
std::string LetterCount(std::size_t count);
// kExitOk, unless stdout could not be written.
int PrintText(const std::string& text);

}  // namespace logistics::ctl
