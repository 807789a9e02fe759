#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/process.hpp"

namespace logistics::e2e {

// Postgres and RabbitMQ of a test's own, for tests that stop or restart them. While it lives the LOGISTICS_TEST_*
// variables name its servers, so that TestDatabase and TestBroker, made after it and gone before it, are there. The
// servers end with it, and also when the test process dies; but where LOGISTICS_TEST_OWN_STACK names the folder of a
// stack, tests that run one after the other share that one, and whoever named it takes it down.
class OwnStack {
 public:
  OwnStack();
  ~OwnStack();
  OwnStack(const OwnStack&) = delete;
  OwnStack& operator=(const OwnStack&) = delete;

  void RestartPostgres() const { Must({"restart-postgres"}); }
  // As a crash would: nothing flushed, recovery at the start.
  void CrashPostgres() const { Must({"restart-postgres", "--immediate"}); }
  void StopRabbitMq() const { Must({"stop-rabbitmq"}); }
  void CrashRabbitMq() const { Must({"stop-rabbitmq", "--immediate"}); }
  void StartRabbitMq() const { Must({"start-rabbitmq"}); }

 private:
  // Runs scripts/stack; its output.
  std::string Must(std::vector<std::string> args) const;
  void StartGuard();
  void UseEnvironment(const std::string& exports);

  std::string dir_;
  int guard_in_ = -1;   // closed by us or by our death: the guard takes the stack down
  int guard_out_ = -1;  // closed by the guard when that is done
  std::vector<std::pair<std::string, std::string>> before_;  // variables as they were
};

}  // namespace logistics::e2e
