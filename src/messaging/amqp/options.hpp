#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace logistics::messaging {

enum class QueueType { kQuorum, kClassic };

// A configured queue, declared with its dead letter queue (contract §3).
struct QueueOptions {
  std::string name;
  std::string exchange;  // by its name on the broker
  std::vector<std::string> routing_keys;
  QueueType type = QueueType::kQuorum;
  int delivery_limit = 20;              // quorum only; 0 = none
  std::int64_t max_length = 0;          // messages; 0 = no limit; beyond it publishing is refused (reject-publish)
  bool single_active_consumer = false;  // one consumer at a time gets messages; another follows when it ends
};

// A consumer group of ours, and the queue that it reads.
struct ConsumerOptions {
  bool enabled = true;
  std::string name;                       // in metrics, in health, and in the keys of the inbox
  std::string queue;                      // declared as quorum queue with its dead letter queue
  std::vector<std::string> routing_keys;  // on the exchange that BrokerOptions names for it
  // Unacked messages, 1-1000. Each of them counts a delivery when one of them ends the process.
  int prefetch = 64;
  // Handlers at once, 1-64; messages of one order stay in order. Handlers wait for commits and share them: more
  // handlers make fewer commits.
  int workers = 32;
  int retry_attempts = 3;                         // tries of a message that waits, before it is dead-lettered
  absl::Duration retry_delay = absl::Seconds(1);  // before the first of them; five times as long before each next
  // When the database is unavailable for so long, messages in hand go back to the broker: another replica may reach it.
  absl::Duration hand_back_after = absl::Seconds(30);
};

enum class Unroutable { kDrop, kHold };

// The broker's address, the topology, and the limits. Defaults are those of config/logistics-engine.yaml.
struct BrokerOptions {
  std::vector<std::string> urls;  // amqp:// or amqps://, tried in turn
  std::string order_exchange = "order_events";
  std::string inventory_exchange = "inventory_events";
  std::string shipment_exchange = "shipment_events";
  std::string payment_exchange = "payment_events";
  std::vector<QueueOptions> queues;  // none by default
  ConsumerOptions payments = {
      .name = "payments", .queue = "logistics_payments", .routing_keys = {"payment.processed", "payment.failed"}};
  Unroutable unroutable = Unroutable::kDrop;
  // How long an event of a routing key that was routable before waits before it is dropped.
  absl::Duration unroutable_grace = absl::Minutes(10);
  int window = 1000;    // unconfirmed messages, 1–10000
  int read_page = 500;  // outbox rows read at once, 1–5000
  absl::Duration heartbeat = absl::Seconds(15);
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration operation_timeout =
      absl::Seconds(10);  // a publish, declaration or confirm that takes longer ends the connection
  absl::Duration reconnect_min = absl::Milliseconds(200);
  absl::Duration reconnect_max = absl::Seconds(10);
  absl::Duration redeclare_interval = absl::Minutes(1);
  absl::Duration lease_ttl = absl::Seconds(10);
  absl::Duration outbox_poll = absl::Seconds(1);  // covers lost wake-ups
  std::string tls_ca_file;                        // amqps: empty = the system's authorities
  bool tls_verify = true;                         // peer and host name
};

}  // namespace logistics::messaging
