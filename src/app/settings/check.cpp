#include <algorithm>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/settings/parts.hpp"
#include "messaging/amqp/broker_url.hpp"
#include "storage/postgres/database_url.hpp"

namespace logistics::app {
namespace {

class Checker {
 public:
  explicit Checker(const std::function<std::string(const std::string& key)>& shown) : shown_(shown) {}

  // `key` is wrong; `must` says what is allowed.
  void Require(bool holds, const std::string& key, const std::string& must) {
    if (!holds) errors_.push_back(absl::StrCat(shown_(key), ": ", must));
  }

  // Two settings that go together; the error shows both.
  void RequireBoth(bool holds, const std::string& key, const std::string& relation, const std::string& other) {
    if (!holds) errors_.push_back(absl::StrCat(shown_(key), ": must be ", relation, " ", shown_(other)));
  }

  std::vector<std::string> TakeErrors() { return std::move(errors_); }

 private:
  const std::function<std::string(const std::string& key)>& shown_;
  std::vector<std::string> errors_;
};

void CheckProtection(const Settings& settings, Checker& check) {
  const std::string refusal =
      "is protection that this version does not have, so it does not start with it; take the setting away and keep the "
      "daemon in a network that is trusted";
  check.Require(settings.jwt_secret.empty(), "auth.jwt_secret", absl::StrCat("authentication ", refusal));
  check.Require(settings.tls_cert_file.empty(), "grpc.tls_cert", absl::StrCat("TLS ", refusal));
  check.Require(settings.tls_key_file.empty(), "grpc.tls_key", absl::StrCat("TLS ", refusal));
}

void CheckServer(const Settings& settings, Checker& check) {
  const rpc::ServerOptions& server = settings.server;
  // A client that never reads holds up the stop until its connection is found dead.
  check.RequireBoth(server.keepalive_time + server.keepalive_timeout < settings.drain_timeout, "shutdown.drain_timeout",
                    absl::StrCat("above ", absl::FormatDuration(server.keepalive_time + server.keepalive_timeout),
                                 ", the sum of grpc.keepalive_time and grpc.keepalive_timeout, which finds a dead "
                                 "client;"),
                    "grpc.keepalive_time");
  check.RequireBoth(server.port == 0 || server.port != settings.telemetry.metrics_port, "metrics.port", "other than",
                    "grpc.port");
}

void CheckDatabase(const Settings& settings, Checker& check) {
  const storage::DatabaseOptions& database = settings.database;
  check.Require(!database.url.empty(), "database.url",
                "must be given, as DATABASE_URL=postgres://user:password@host/name");
  if (!database.url.empty()) {
    const absl::Status readable = storage::CheckDatabaseUrl(database.url);
    check.Require(readable.ok(), "database.url", std::string(readable.message()));
  }
  check.RequireBoth(database.lock_timeout < database.statement_timeout, "database.lock_timeout",
                    "below the statement's own limit:", "database.statement_timeout");
  check.RequireBoth(database.queue_max >= database.batch_max, "database.queue_max", "no less than",
                    "database.batch_max");
  check.RequireBoth(settings.database_retry.delay_min <= settings.database_retry.delay_max, "database.retry_min",
                    "no more than", "database.retry_max");
  check.RequireBoth(database.sweep_interval < database.idempotency_ttl, "orders.sweep_interval", "below",
                    "orders.idempotency_ttl");
}

// What is deleted is needed by nobody any more.
void CheckRetention(const Settings& settings, Checker& check) {
  const storage::RetentionOptions& ages = settings.database.retention;
  const std::pair<const char*, absl::Duration> tables[] = {
      {"retention.commits", ages.commits},
      {"retention.order_status_history", ages.order_status_history},
      {"retention.stock_movements", ages.stock_movements},
      {"retention.payments", ages.payments},
      {"retention.reservations", ages.reservations}};
  const std::pair<const char*, absl::Duration> needed[] = {
      {"stream.resume_window", settings.order_updates.resume_window},
      {"consumers.done_ttl", settings.database.inbox_done_ttl},
      {"orders.idempotency_ttl", settings.database.idempotency_ttl},
      {"inventory.reservation_ttl", settings.database.reservation_ttl}};
  for (const auto& [key, age] : tables) {
    if (age == absl::ZeroDuration()) continue;
    for (const auto& [other, limit] : needed) check.RequireBoth(age >= limit, key, "0s or no less than", other);
  }
  // Rows of a commit that is gone are found by nobody.
  if (ages.commits == absl::ZeroDuration()) return;
  check.RequireBoth(ages.commits >= ages.order_status_history, "retention.commits", "0s or no less than",
                    "retention.order_status_history");
  check.RequireBoth(ages.commits >= ages.stock_movements, "retention.commits", "0s or no less than",
                    "retention.stock_movements");
}

void CheckStreams(const Settings& settings, Checker& check) {
  const service::OrderUpdatesOptions& streams = settings.order_updates;
  check.RequireBoth(streams.heartbeat < streams.resume_window, "stream.heartbeat",
                    "below the age that a token may have:", "stream.resume_window");
  check.RequireBoth(streams.failover_margin < streams.resume_window, "stream.failover_margin", "below",
                    "stream.resume_window");
}

void CheckQueues(const messaging::BrokerOptions& broker, Checker& check) {
  const std::set<std::string> exchanges = {broker.order_exchange, broker.inventory_exchange, broker.shipment_exchange,
                                           broker.payment_exchange};
  std::set<std::string> names;
  for (const messaging::QueueOptions& queue : broker.queues) {
    check.Require(names.insert(queue.name).second, "topology.queues",
                  absl::StrCat("queue ", queue.name, " is asked for twice"));
    check.Require(exchanges.count(queue.exchange) != 0, "topology.queues",
                  absl::StrCat("queue ", queue.name, " has exchange = \"", queue.exchange, "\": allowed is ",
                               absl::StrJoin(exchanges, ", ")));
  }
  if (broker.payments.enabled) {
    const messaging::ConsumerOptions& payments = broker.payments;
    check.Require(names.insert(payments.queue).second, "consumers.payments.queue",
                  "must be other than a queue of topology.queues: it is declared with arguments of its own");
  }
  for (const std::string& name : names) {
    check.Require(names.count(name + ".dlq") == 0, "topology.queues",
                  absl::StrCat("queue ", name, ".dlq is the dead letter queue of ", name, " already"));
  }
}

void CheckBroker(const Settings& settings, SettingsFor purpose, Checker& check) {
  const messaging::BrokerOptions& broker = settings.broker;
  check.Require(purpose == SettingsFor::kMigrate || !broker.urls.empty(), "rabbitmq.url",
                "must be given, as RABBITMQ_URL=amqp://user:password@host:port/vhost");
  for (const std::string& url : broker.urls) {
    const auto parsed = messaging::ParseBrokerUrl(url);
    check.Require(parsed.ok(), "rabbitmq.url", std::string(parsed.status().message()));
  }
  check.RequireBoth(broker.reconnect_min <= broker.reconnect_max, "rabbitmq.reconnect_min", "no more than",
                    "rabbitmq.reconnect_max");
  if (!broker.tls_ca_file.empty()) {
    check.Require(std::ifstream(broker.tls_ca_file).good(), "rabbitmq.tls_ca_file", "must be a file that can be read");
    const bool any_tls = std::any_of(broker.urls.begin(), broker.urls.end(),
                                     [](const std::string& url) { return url.rfind("amqps://", 0) == 0; });
    check.RequireBoth(any_tls || purpose == SettingsFor::kMigrate, "rabbitmq.tls_ca_file",
                      "taken away, or an amqps:// url given: it protects nothing with", "rabbitmq.url");
  }
  CheckQueues(broker, check);
}

void CheckInventory(const Settings& settings, Checker& check) {
  const remote_inventory::PeerOptions& peer = settings.inventory_peer;
  check.RequireBoth(peer.reconnect_min <= peer.reconnect_max, "inventory.remote.reconnect_min", "no more than",
                    "inventory.remote.reconnect_max");
  // An intent that is still being worked on must not be taken for one that a crash left.
  check.RequireBoth(settings.saga.intent_ttl > peer.call_timeout, "inventory.remote.intent_ttl",
                    "above the time that a reserve may take:", "inventory.remote.call_timeout");
  const std::string& settle_url = settings.inventory_settle_url;
  check.RequireBoth(peer.url.empty() || settle_url.empty(), "inventory.settle_url",
                    "empty: the peer that keeps new stock settles all orders, with", "inventory.service_url");
  if (peer.tls_ca_file.empty()) return;
  check.Require(std::ifstream(peer.tls_ca_file).good(), "inventory.remote.tls_ca_file",
                "must be a file that can be read");
  check.RequireBoth(peer.url.starts_with("https://") || settle_url.starts_with("https://"),
                    "inventory.remote.tls_ca_file", "taken away, or an https:// url given: it protects nothing with",
                    "inventory.service_url");
}

}  // namespace

std::vector<std::string> CheckSettings(const Settings& settings, SettingsFor purpose,
                                       const std::function<std::string(const std::string& key)>& shown) {
  if (purpose == SettingsFor::kHealth) return {};
  Checker check(shown);
  CheckProtection(settings, check);
  CheckServer(settings, check);
  CheckDatabase(settings, check);
  CheckInventory(settings, check);
  CheckStreams(settings, check);
  CheckRetention(settings, check);
  CheckBroker(settings, purpose, check);
  return check.TakeErrors();
}

}  // namespace logistics::app
