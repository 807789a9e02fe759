#include "e2e/daemon.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "support/broker.hpp"
#include "support/samples.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;

constexpr char kDaemon[] = LOGISTICS_BINARY_DIR "/logistics-engine";

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const std::string& address, grpc::ChannelArguments arguments) {
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

support::Command ServeCommand(const std::string& database_url, const std::string& broker_url, const Flags& flags) {
  Flags all = {{"grpc-host", "127.0.0.1"},      {"grpc-port", "0"},
               {"metrics-host", "127.0.0.1"},   {"metrics-port", "0"},
               {"database-retry-max", "500ms"}, {"rabbitmq-reconnect-max", "500ms"}};
  for (const auto& [name, value] : flags) all[name] = value;
  // Another build of it, for a run by hand.
  const char* const daemon = std::getenv("LOGISTICS_TEST_DAEMON");
  support::Command command{{daemon != nullptr ? daemon : kDaemon, "serve"},
                           {{"DATABASE_URL", database_url}, {"RABBITMQ_URL", broker_url}}};
  for (const auto& [name, value] : all) {
    command.args.push_back("--" + name);
    command.args.push_back(value);
  }
  return command;
}

void Daemon::WaitForLog(const std::string& text) {
  const bool found =
      Eventually([&] { return Log().find(text) != std::string::npos || !process_.running(); }, kPatience);
  if (!found || Log().find(text) == std::string::npos) {
    throw std::runtime_error("the daemon never logged \"" + text + "\"");
  }
}

void Daemon::WaitUntilReady() {
  const std::string at = address();
  if (!Eventually([this] { return Get("/readyz").status == 200; }, kPatience)) {
    throw std::runtime_error("the daemon did not get ready: " + Get("/readyz").body);
  }
  channel_ = Connect(at);
  orders_ = order::OrderService::NewStub(channel_);
  inventory_ = inventory::InventoryService::NewStub(channel_);
}

void Daemon::WaitUntilPublishing() {
  WaitUntilReady();
  const auto publishing = [this] { return Get("/readyz").body.find("broker: up") != std::string::npos; };
  if (!Eventually(publishing, kPatience)) {
    throw std::runtime_error("the daemon did not reach the broker: " + Get("/readyz").body);
  }
}

int Daemon::port() {
  std::optional<int> port;
  const auto known = [&] {
    return (port = PortAfter("serving gRPC on 127.0.0.1:")).has_value() || !process_.running();
  };
  if (!Eventually(known, kPatience) || !port) throw std::runtime_error("the daemon does not serve gRPC");
  return *port;
}

HttpAnswer Daemon::Get(const std::string& path) {
  const std::optional<int> port = PortAfter("/metrics on 127.0.0.1:");
  if (!port) return {};
  httplib::Client client("127.0.0.1", *port);
  client.set_read_timeout(5);
  const httplib::Result result = client.Get(path.c_str());
  return result ? HttpAnswer{result->status, result->body} : HttpAnswer{};
}

double Daemon::Metric(const std::string& name_and_labels) {
  return support::SampleOf(Get("/metrics").body, name_and_labels);
}

void Daemon::Stop() {
  if (!process_.running()) return;
  process_.Signal(SIGTERM);
  const std::optional<support::Ending> ending = process_.Wait(kPatience);
  ASSERT_TRUE(ending.has_value()) << "the daemon does not end";
  EXPECT_EQ(ending->exit_code, 0) << "signal " << ending->signal;
}

std::optional<int> Daemon::PortAfter(const std::string& words) const {
  const std::string log = Log();
  const std::size_t at = log.find(words);
  // Only a whole line: the rest of the number may not have been written yet.
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) return std::nullopt;
  return std::stoi(log.substr(at + words.size()));
}

}  // namespace logistics::e2e
