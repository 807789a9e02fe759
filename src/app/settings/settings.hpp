// The daemon's settings: defaults < YAML file < .env < environment < flags, the later wins.
// Every setting is one row of table.cpp; this header is what the rest of the daemon sees of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "logistics/domain/order.hpp"
#include "logistics/service/saga/saga_options.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "logistics/service/streams/stock_updates.hpp"
#include "messaging/amqp/options.hpp"
#include "remote_inventory/options.hpp"
#include "rpc/call/options.hpp"
#include "storage/postgres/options.hpp"
#include "telemetry/options.hpp"

namespace logistics::app {

// 00000000-0000-0000-0000-000000000001, which stands in where an order names no warehouse (contract §5).
domain::WarehouseId BuiltInWarehouseId();

// How often the start tries the database again while it is unavailable.
struct ConnectRetryOptions {
  absl::Duration delay_min = absl::Milliseconds(200);
  absl::Duration delay_max = absl::Seconds(10);
};

// Effective settings. Value type; what LoadSettings gives without errors is complete and checked.
struct Settings {
  storage::DatabaseOptions database;
  ConnectRetryOptions database_retry;
  messaging::BrokerOptions broker;  // queues: the configured ones and that of RABBITMQ_ORDER_QUEUE
  rpc::ServerOptions server;
  service::OrderUpdatesOptions order_updates;  // polls as often as database.notify_poll
  service::StockUpdatesOptions stock_updates;  // likewise
  telemetry::TelemetryOptions telemetry;
  domain::OrderDefaults orders = {domain::Currency(), BuiltInWarehouseId()};

  remote_inventory::PeerOptions inventory_peer;  // url empty: the daemon keeps the stock itself
  service::SagaOptions saga;                     // with a peer only
  // Embedded: the address of the peer that keeps the stock of earlier orders; empty = there are none.
  std::string inventory_settle_url;
  bool inventory_switch_mode = false;  // the database was used with the other inventory mode, and that is meant

  std::string order_queue;  // RABBITMQ_ORDER_QUEUE, empty = none; already among broker.queues
  absl::Duration drain_timeout = absl::Seconds(25);

  // Protection that this version does not have: LoadSettings refuses any value.
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string jwt_secret;
};

// Which settings a command needs: migrate and restored work without a broker, and health needs only that the given
// values can be read.
enum class SettingsFor { kServe, kMigrate, kHealth };

// A value given on the command line, by the key path of its setting ("grpc.port").
struct SettingFlag {
  std::string key;
  std::string value;
};

// Where settings are looked for. The defaults are those of the running process.
struct SettingsSources {
  std::optional<std::string> config_file;  // --config: must exist
  // Without --config: the first of these that exists, or none.
  std::vector<std::string> config_candidates = {"config/logistics-engine.yaml",
                                                "/etc/logistics-engine/logistics-engine.yaml"};
  std::optional<std::string> env_file;                       // --env-file: must exist
  std::string env_candidate = ".env";                        // without --env-file: read when it exists
  std::function<const char*(const char* name)> environment;  // empty: the process' own
  std::vector<SettingFlag> flags;
};

// A setting as it is in effect, for a person.
struct EffectiveSetting {
  std::string key;
  std::string value;   // secrets and the passwords in URLs are masked
  std::string source;  // "default", "config/logistics-engine.yaml:12", ".env:3 (GRPC_PORT)", "environment GRPC_PORT",
                       // "--grpc-port"
};

struct LoadedSettings {
  Settings settings;                        // to be used only when `errors` is empty
  std::vector<EffectiveSetting> effective;  // in the order of the table
  // All errors, one line each: the setting, its source, the value (masked) and what is allowed.
  std::vector<std::string> errors;
};

// Reads all sources and checks every value and how they go together. Never throws, keeps no state.
LoadedSettings LoadSettings(const SettingsSources& sources, SettingsFor purpose);

}  // namespace logistics::app
