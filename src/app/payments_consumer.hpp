// The parts that handle payments of other services; only with consumers.payments.enabled.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "app/settings/settings.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/health.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/service/payment_service.hpp"
#include "messaging/amqp/topology.hpp"
#include "messaging/consumer/consumer.hpp"
#include "messaging/consumer/inbox_worker.hpp"
#include "storage/database.hpp"

namespace logistics::app {

struct PaymentsConsumer {
  // All references outlive it.
  PaymentsConsumer(const messaging::BrokerOptions& broker, storage::Database& database, const ports::Clock& clock,
                   ports::Metrics& metrics, ports::HealthReporter& health)
      : service(database.payments()),
        consumer(broker, broker.payments, messaging::PaymentsQueueOf(broker), messaging::EventHandlers(service),
                 database.inbox(), clock, metrics, health),
        inbox_worker(broker.payments, messaging::PaymentsQueueOf(broker), messaging::EventHandlers(service),
                     database.inbox(), consumer, clock, metrics) {}

  // The schema exists.
  void Start(const storage::Database& database) {
    // Short beside the delays, which begin with consumers.payments.retry_delay.
    constexpr absl::Duration kInboxInterval = absl::Seconds(1);
    consumer.Start();
    inbox_task = database.NewTask("inbox payments", kInboxInterval, [this] {
      const absl::Status status = inbox_worker.RunOnce();
      if (!status.ok()) spdlog::warn("waiting messages cannot be tried now: {}", std::string(status.message()));
    });
  }

  void Stop(absl::Time deadline) {
    inbox_worker.Stop();
    consumer.Stop(deadline);
    inbox_task.reset();
  }

  service::PaymentService service;
  messaging::Consumer consumer;
  messaging::InboxWorker inbox_worker;
  std::unique_ptr<storage::LeasedTask> inbox_task;  // last: it works with the rest
};

}  // namespace logistics::app
