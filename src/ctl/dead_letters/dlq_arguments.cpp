#include "ctl/dead_letters/dlq_arguments.hpp"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "ctl/client/session.hpp"
#include "ctl/client/text.hpp"
#include "logistics/base/url.hpp"
#include "messaging/amqp/broker_url.hpp"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace logistics::ctl {
namespace {

// The log lines of the broker's client must not mix with the answers on stdout.
void LogToStderr() {
  static const bool done = [] {
    const auto logger = spdlog::stderr_logger_mt("logisticsctl");
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::warn);
    spdlog::set_default_logger(logger);
    return true;
  }();
  static_cast<void>(done);
}

absl::StatusOr<messaging::BrokerOptions> BrokerOptionsOf(const BrokerArguments& arguments) {
  if (arguments.urls.empty()) {
    return absl::InvalidArgumentError("which broker? Give --broker URL, or set RABBITMQ_URL as the daemon has it");
  }
  messaging::BrokerOptions options;
  options.urls = base::SplitUrls(arguments.urls);
  options.tls_ca_file = arguments.ca_file;
  options.tls_verify = arguments.verify;
  for (const std::string& url : options.urls) {
    const auto parsed = messaging::ParseBrokerUrl(url);
    if (!parsed.ok()) return absl::InvalidArgumentError(absl::StrCat("--broker: ", parsed.status().message()));
  }
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<messaging::DeadLetterQueue>> OpenDeadLetters(const BrokerArguments& broker,
                                                                            const std::string& queue) {
  LogToStderr();
  const absl::StatusOr<messaging::BrokerOptions> options = BrokerOptionsOf(broker);
  if (!options.ok()) return options.status();
  auto opened = messaging::DeadLetterQueue::Open(*options, queue);
  if (!absl::IsNotFound(opened.status())) return opened;
  return absl::NotFoundError(absl::StrCat(
      opened.status().message(), "\n  --queue names the queue itself, without .dlq; the daemon, or the owner of the ",
      "queue, declares both. Is the broker's vhost the right one?"));
}

absl::StatusOr<messaging::LetterFilter> FilterOf(const LetterArguments& arguments) {
  messaging::LetterFilter filter = arguments.filter;
  if (arguments.order.empty()) return filter;
  filter.order_id = domain::OrderId::Parse(arguments.order);
  if (!filter.order_id) {
    return absl::InvalidArgumentError(absl::StrCat("--order: ", OneLine(arguments.order), " is no hyphenated UUID"));
  }
  return filter;
}

int FailDlq(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  if (absl::IsInvalidArgument(status)) return kExitUsage;
  return absl::IsUnavailable(status) ? kExitUnavailable : kExitRefused;
}

}  // namespace logistics::ctl
