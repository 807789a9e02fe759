#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/mask.hpp"
#include "app/setting.hpp"
#include "app/setting_kinds.hpp"
#include "app/settings_inventory.hpp"
#include "app/settings_stream.hpp"

namespace logistics::app {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;
using absl::Seconds;

// A broker's names are 255 bytes at most; ours get ".dlx" or ".dlq" appended.
constexpr std::size_t kBrokerNameBytesMax = 250;

bool IsToken(const std::string& text) {
  return !text.empty() && text.size() <= 255 &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) || std::iscntrl(c); });
}

bool IsBrokerName(const std::string& text) {
  return IsToken(text) && text.size() <= kBrokerNameBytesMax && text.rfind("amq.", 0) != 0;
}

bool IsPostgresUrl(const std::string& text) {
  const bool scheme = text.rfind("postgres://", 0) == 0 || text.rfind("postgresql://", 0) == 0;
  return text.empty() ||
         (scheme && std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); }));
}

Setting BrokerName(SettingName name, Field<std::string> field) {
  return Text(std::move(name),
              absl::StrCat("1-", kBrokerNameBytesMax, " bytes without blanks, not beginning with amq."), IsBrokerName,
              std::move(field));
}

Setting Host(SettingName name, Field<std::string> field) {
  return Text(std::move(name), "an address or host name", IsToken, std::move(field));
}

// Protection that this version does not have; settings_check.cpp refuses any value.
Setting Protection(SettingName name, Field<std::string> field) {
  return Text(
      std::move(name), "nothing: not in this version", [](const std::string&) { return true; }, std::move(field));
}

Setting Currency() {
  Setting setting = NamedSetting({"orders.default_currency", "", "where an order's payment names no currency"},
                                 "an ISO 4217 code such as USD");
  setting.set = [](const std::string& text, Settings& settings) {
    const std::optional<domain::Currency> currency = domain::Currency::Find(text);
    if (currency) settings.orders.currency = *currency;
    return currency.has_value();
  };
  setting.get = [](const Settings& settings) { return std::string(settings.orders.currency.code()); };
  return setting;
}

Setting Warehouse() {
  Setting setting =
      NamedSetting({"orders.default_warehouse_id", "DEFAULT_WAREHOUSE_ID", "where an order names no warehouse"},
                   "a hyphenated UUID");
  setting.set = [](const std::string& text, Settings& settings) {
    const auto id = domain::WarehouseId::Parse(text);
    if (id) settings.orders.warehouse_id = *id;
    return id.has_value();
  };
  setting.get = [](const Settings& settings) { return settings.orders.warehouse_id.ToString(); };
  return setting;
}

// A list of structures: the YAML file alone can say it (settings_queues.cpp).
Setting Queues() {
  Setting setting = NamedSetting({"topology.queues", "", "queues to declare, each with its dead letter queue"},
                                 "a list of name, exchange, routing_keys, type, delivery_limit, max_length");
  setting.env.clear();
  setting.get = [](const Settings& settings) {
    return absl::StrCat(
        "[",
        absl::StrJoin(settings.broker.queues, ", ",
                      [](std::string* out, const messaging::QueueOptions& queue) { absl::StrAppend(out, queue.name); }),
        "]");
  };
  return setting;
}

std::vector<Setting> GrpcSettings() {
  return {
      Host({"grpc.host", "GRPC_HOST", "address that gRPC listens on"}, FIELD(std::string, server.host)),
      Port({"grpc.port", "GRPC_PORT", "port that gRPC listens on"}, FIELD(int, server.port)),
      WholeNumber({"grpc.calls_max", "", "calls served at once; one more is refused with RESOURCE_EXHAUSTED"}, 1, 8192,
                  FIELD(int, server.calls_max)),
      WholeNumber({"grpc.threads_max", "", "gRPC's own bound, above calls_max"}, 2, 16384,
                  FIELD(int, server.threads_max)),
      WholeNumber({"grpc.message_bytes_max", "", "largest request or answer in bytes"}, 4096, 64 * 1024 * 1024,
                  FIELD(int, server.message_bytes_max)),
      Duration({"grpc.default_deadline", "", "for callers that set none"}, Milliseconds(100), Minutes(10),
               FIELD(absl::Duration, server.default_deadline)),
      Duration({"grpc.max_deadline", "", "no call is worked on longer, whatever its caller says"}, Milliseconds(100),
               Minutes(60), FIELD(absl::Duration, server.max_deadline)),
      Duration({"grpc.keepalive_time", "", "a connection this long silent is pinged"}, Seconds(1), Hours(2),
               FIELD(absl::Duration, server.keepalive_time)),
      Duration({"grpc.keepalive_timeout", "", "and ended when the ping is not answered"}, Milliseconds(100), Minutes(5),
               FIELD(absl::Duration, server.keepalive_timeout)),
      Duration({"grpc.keepalive_min_ping_interval", "", "clients that ping more often are cut"}, Milliseconds(100),
               Hours(1), FIELD(absl::Duration, server.keepalive_min_ping_interval)),
      Protection({"grpc.tls_cert", "GRPC_TLS_CERT", "not in this version: a value ends the start"},
                 FIELD(std::string, tls_cert_file)),
      Protection({"grpc.tls_key", "GRPC_TLS_KEY", "not in this version: a value ends the start"},
                 FIELD(std::string, tls_key_file)),
  };
}

std::vector<Setting> DatabaseSettings() {
  return {
      Text({"database.url", "DATABASE_URL", "the database; required"}, "postgres://user:password@host:port/name",
           IsPostgresUrl, FIELD(std::string, database.url)),
      WholeNumber({"database.writers", "", "sessions that commit batches"}, 1, 16, FIELD(int, database.writers)),
      WholeNumber({"database.readers", "", "sessions that answer reads"}, 1, 64, FIELD(int, database.readers)),
      WholeNumber({"database.batch_max", "", "commands in one transaction"}, 1, 1024, FIELD(int, database.batch_max)),
      WholeNumber({"database.queue_max", "", "commands that may wait; one more is RESOURCE_EXHAUSTED"}, 1, 1'000'000,
                  FIELD(int, database.queue_max)),
      Duration({"database.connect_timeout", "", "for one try to connect"}, Seconds(1), Minutes(2),
               FIELD(absl::Duration, database.connect_timeout)),
      Duration({"database.lock_timeout", "", "longest wait for a row"}, Milliseconds(50), Minutes(1),
               FIELD(absl::Duration, database.lock_timeout)),
      Duration({"database.statement_timeout", "", "longest run of one statement"}, Milliseconds(100), Minutes(5),
               FIELD(absl::Duration, database.statement_timeout)),
      Duration(
          {"database.idle_in_transaction_timeout", "", "after which Postgres ends a stopped replica's transaction"},
          Milliseconds(100), Minutes(5), FIELD(absl::Duration, database.idle_in_transaction_timeout)),
      Duration({"database.notify_poll", "", "how often is looked for changes whose wake-up got lost"}, Milliseconds(50),
               Minutes(1), FIELD(absl::Duration, database.notify_poll)),
      Duration({"database.retry_min", "", "first wait before the start tries an absent database again"},
               Milliseconds(10), Minutes(1), FIELD(absl::Duration, database_retry.delay_min)),
      Duration({"database.retry_max", "", "longest of these waits"}, Milliseconds(10), Minutes(10),
               FIELD(absl::Duration, database_retry.delay_max)),
  };
}

std::vector<Setting> OrderSettings() {
  return {
      Currency(),
      Warehouse(),
      Duration({"orders.idempotency_ttl", "", "how long an idempotency key is remembered"}, Hours(24), Hours(8760),
               FIELD(absl::Duration, database.idempotency_ttl)),
      Duration({"orders.sweep_interval", "", "how often expired keys are removed"}, Seconds(1), Hours(24),
               FIELD(absl::Duration, database.sweep_interval)),
  };
}

std::vector<Setting> BrokerSettings() {
  return {
      UrlList({"rabbitmq.url", "RABBITMQ_URL", "the broker, or several to be tried in turn; required"},
              {"amqp://", "amqps://"}, FIELD(std::vector<std::string>, broker.urls)),
      BrokerName({"rabbitmq.order_exchange", "RABBITMQ_ORDER_EXCHANGE", "where order events go"},
                 FIELD(std::string, broker.order_exchange)),
      BrokerName({"rabbitmq.inventory_exchange", "RABBITMQ_INVENTORY_EXCHANGE", "where inventory events go"},
                 FIELD(std::string, broker.inventory_exchange)),
      BrokerName({"rabbitmq.shipment_exchange", "RABBITMQ_SHIPMENT_EXCHANGE", "where shipment events go"},
                 FIELD(std::string, broker.shipment_exchange)),
      BrokerName({"rabbitmq.payment_exchange", "RABBITMQ_PAYMENT_EXCHANGE", "where payment events come from"},
                 FIELD(std::string, broker.payment_exchange)),
      WholeNumber({"rabbitmq.retry_attempts", "RABBITMQ_RETRY_ATTEMPTS",
                   "tries by a handler of inbound messages; this version takes none in"},
                  1, 100, FIELD(int, handler_attempts_max)),
      Duration({"rabbitmq.heartbeat", "", "a connection silent for two of these is given up"}, Seconds(1), Minutes(10),
               FIELD(absl::Duration, broker.heartbeat)),
      Duration({"rabbitmq.connect_timeout", "", "for one try to connect"}, Milliseconds(100), Minutes(2),
               FIELD(absl::Duration, broker.connect_timeout)),
      Duration(
          {"rabbitmq.operation_timeout", "", "a publish, declaration or confirm that takes longer ends the connection"},
          Milliseconds(100), Minutes(5), FIELD(absl::Duration, broker.operation_timeout)),
      Duration({"rabbitmq.reconnect_min", "", "first wait before the next try to connect"}, Milliseconds(10),
               Minutes(1), FIELD(absl::Duration, broker.reconnect_min)),
      Duration({"rabbitmq.reconnect_max", "", "longest of these waits"}, Milliseconds(10), Minutes(10),
               FIELD(absl::Duration, broker.reconnect_max)),
      Text(
          {"rabbitmq.tls_ca_file", "", "amqps: authorities to trust; empty = the system's"}, "a file",
          [](const std::string&) { return true; }, FIELD(std::string, broker.tls_ca_file)),
      Boolean({"rabbitmq.tls_verify", "", "amqps: check the broker's certificate and host name"},
              FIELD(bool, broker.tls_verify)),
  };
}

std::vector<Setting> OutboxSettings() {
  return {
      Choice<messaging::Unroutable>({"outbox.unroutable", "", "what becomes of an event that no queue wants"},
                                    {{"drop", messaging::Unroutable::kDrop}, {"hold", messaging::Unroutable::kHold}},
                                    FIELD(messaging::Unroutable, broker.unroutable)),
      WholeNumber({"outbox.window", "", "messages published and not yet confirmed"}, 1, 10000,
                  FIELD(int, broker.window)),
      WholeNumber({"outbox.read_page", "", "rows read at once"}, 1, 5000, FIELD(int, broker.read_page)),
      Duration({"outbox.lease_ttl", "", "how long the publishing replica may be silent before another takes over"},
               Seconds(1), Minutes(10), FIELD(absl::Duration, broker.lease_ttl)),
      Duration({"outbox.poll", "", "how often is looked for rows whose wake-up got lost"}, Milliseconds(50), Minutes(1),
               FIELD(absl::Duration, broker.outbox_poll)),
      Text(
          {"topology.order_queue", "RABBITMQ_ORDER_QUEUE",
           "a queue for all order events, read by someone else; empty = none"},
          absl::StrCat("empty, or 1-", kBrokerNameBytesMax, " bytes without blanks, not beginning with amq."),
          [](const std::string& text) { return text.empty() || IsBrokerName(text); }, FIELD(std::string, order_queue)),
      Queues(),
      Duration({"topology.redeclare_interval", "", "how often exchanges, queues and bindings are declared again"},
               Seconds(1), Hours(24), FIELD(absl::Duration, broker.redeclare_interval)),
  };
}

std::vector<Setting> ProcessSettings() {
  using telemetry::LogFormat;
  return {
      Host({"metrics.host", "", "address of /metrics, /livez and /readyz"}, FIELD(std::string, telemetry.metrics_host)),
      Port({"metrics.port", "METRICS_PORT", "port of /metrics, /livez and /readyz"},
           FIELD(int, telemetry.metrics_port)),
      Choice<std::string>({"log.level", "LOG_LEVEL", "what is worth a line"},
                          {{"trace", "trace"},
                           {"debug", "debug"},
                           {"info", "info"},
                           {"warn", "warn"},
                           {"warning", "warn"},
                           {"error", "error"},
                           {"off", "off"}},
                          FIELD(std::string, telemetry.log_level)),
      Choice<LogFormat>({"log.format", "", "how a line looks"},
                        {{"human", LogFormat::kHuman}, {"json", LogFormat::kJson}},
                        FIELD(LogFormat, telemetry.log_format)),
      Duration({"shutdown.drain_timeout", "", "how long a stop may take to finish what runs"}, Milliseconds(100),
               Minutes(10), FIELD(absl::Duration, drain_timeout)),
  };
}

std::vector<Setting> AuthSettings() {
  Setting secret = Protection({"auth.jwt_secret", "JWT_SECRET", "not in this version: a value ends the start"},
                              FIELD(std::string, jwt_secret));
  secret.secret = true;
  return {secret};
}

}  // namespace

const std::vector<Setting>& SettingsTable() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> all;
    for (std::vector<Setting> part :
         {GrpcSettings(), DatabaseSettings(), OrderSettings(), InventorySettings(), BrokerSettings(), OutboxSettings(),
          StreamSettings(), ProcessSettings(), AuthSettings()}) {
      std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
  }();
  return table;
}

const Setting* FindSetting(const std::string& key) {
  const std::vector<Setting>& table = SettingsTable();
  const auto found = std::find_if(table.begin(), table.end(), [&key](const Setting& row) { return row.key == key; });
  return found == table.end() ? nullptr : &*found;
}

std::string FlagName(const std::string& key) {
  std::string flag = "--" + key;
  std::replace_if(
      flag.begin(), flag.end(), [](char c) { return c == '.' || c == '_'; }, '-');
  return flag;
}

std::string Shown(const Setting& setting, const std::string& text) {
  if (setting.secret) return text.empty() ? "" : "***";
  return MaskPasswords(text);
}

}  // namespace logistics::app
