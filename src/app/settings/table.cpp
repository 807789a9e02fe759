#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <utility>

#include "app/settings/kinds.hpp"
#include "app/settings/mask.hpp"
#include "app/settings/parts.hpp"
#include "app/settings/setting.hpp"

namespace logistics::app {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;
using absl::Seconds;

// check.cpp says what is wrong in it.
Setting DatabaseUrl() {
  const auto valid = [](const std::string& text) {
    const bool scheme = text.rfind("postgres://", 0) == 0 || text.rfind("postgresql://", 0) == 0;
    return text.empty() ||
           (scheme && std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); }));
  };
  Setting setting = Text({"database.url", "DATABASE_URL", "the database; required"},
                         "postgres://user:password@host:port/name", valid, FIELD(std::string, database.url));
  setting.url = true;
  return setting;
}

// A name that Postgres takes for a schema, and does not keep for itself.
bool IsSchemaName(const std::string& text) {
  constexpr std::size_t kNameBytesMax = 63;
  return !text.empty() && text.size() <= kNameBytesMax && text.rfind("pg_", 0) != 0 && text != "information_schema" &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c); });
}

Setting Host(SettingName name, Field<std::string> field) {
  return Text(std::move(name), "an address or host name", IsSettingToken, std::move(field));
}

// Protection that this version does not have; check.cpp refuses any value.
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

std::vector<Setting> GrpcSettings() {
  return {
      Host({"grpc.host", "GRPC_HOST", "address that gRPC listens on"}, FIELD(std::string, server.host)),
      Port({"grpc.port", "GRPC_PORT", "port that gRPC listens on"}, FIELD(int, server.port)),
      WholeNumber({"grpc.calls_max", "", "calls served at once; one more is refused with RESOURCE_EXHAUSTED"}, 1, 8192,
                  FIELD(int, server.calls_max)),
      WholeNumber({"grpc.threads_max", "", "threads of calls that block; fewer where fewer are of use"}, 2, 16384,
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
      DatabaseUrl(),
      Text({"database.schema", "", "where our tables are, whatever the search path says"},
           "the name of a schema, 1-63 bytes, not pg_...", IsSchemaName, FIELD(std::string, database.schema)),
      WholeNumber({"database.writers", "", "sessions that commit batches"}, 1, 16, FIELD(int, database.writers)),
      WholeNumber({"database.readers", "", "sessions that answer reads"}, 1, 64, FIELD(int, database.readers)),
      WholeNumber({"database.background_readers", "", "sessions of streams, settler, inbox and reconciler"}, 1, 64,
                  FIELD(int, database.background_readers)),
      WholeNumber({"database.list_readers", "", "sessions that answer lists"}, 1, 64,
                  FIELD(int, database.list_readers)),
      WholeNumber({"database.batch_max", "", "commands in one transaction"}, 1, 1024, FIELD(int, database.batch_max)),
      WholeNumber({"database.queue_max", "", "commands that may wait; one more is RESOURCE_EXHAUSTED"}, 1, 1'000'000,
                  FIELD(int, database.queue_max)),
      Duration({"database.connect_timeout", "", "for one try to connect"}, Seconds(1), Minutes(2),
               FIELD(absl::Duration, database.connect_timeout)),
      Duration({"database.lock_timeout", "", "longest wait for a row"}, Milliseconds(50), Minutes(1),
               FIELD(absl::Duration, database.lock_timeout)),
      Duration({"database.batch_lock_timeout", "", "the same for a batch, whose other commands wait with it"},
               Milliseconds(10), Seconds(10), FIELD(absl::Duration, database.batch_lock_timeout)),
      Duration({"database.statement_timeout", "", "longest run of one statement"}, Milliseconds(100), Minutes(5),
               FIELD(absl::Duration, database.statement_timeout)),
      Duration(
          {"database.idle_in_transaction_timeout", "", "after which Postgres ends a stopped replica's transaction"},
          Milliseconds(100), Minutes(5), FIELD(absl::Duration, database.idle_in_transaction_timeout)),
      Duration({"database.notify_poll", "", "between looks for changes whose wake-up got lost"}, Milliseconds(50),
               Hours(1), FIELD(absl::Duration, database.notify_poll)),
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

std::vector<Setting> ListSettings() {
  return {WholeNumber({"lists.count_max", "", "orders that a list counts, or sorts without an index; 0 is all"}, 0,
                      1'000'000, FIELD(int, database.list_count_max))};
}

// Zero: nothing is deleted.
Setting Retention(const std::string& table, Field<absl::Duration> field) {
  constexpr int kHoursMax = 24 * 3660;
  return Duration({"retention." + table, "", "how old rows of the table " + table + " become; 0s keeps them"},
                  absl::ZeroDuration(), Hours(kHoursMax), std::move(field));
}

std::vector<Setting> RetentionSettings() {
  return {
      Retention("commits", FIELD(absl::Duration, database.retention.commits)),
      Retention("order_status_history", FIELD(absl::Duration, database.retention.order_status_history)),
      Retention("stock_movements", FIELD(absl::Duration, database.retention.stock_movements)),
      Retention("payments", FIELD(absl::Duration, database.retention.payments)),
      Retention("reservations", FIELD(absl::Duration, database.retention.reservations)),
  };
}

std::vector<Setting> ProcessSettings() {
  using telemetry::LogFormat;
  return {
      Host({"metrics.host", "", "address of /metrics, /livez and /readyz"}, FIELD(std::string, telemetry.metrics_host)),
      Port({"metrics.port", "METRICS_PORT", "port of /metrics, /livez and /readyz"},
           FIELD(int, telemetry.metrics_port)),
      Choice<std::string>({"log.level", "LOG_LEVEL", "the least level that is logged"},
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
         {GrpcSettings(), DatabaseSettings(), OrderSettings(), ListSettings(), RetentionSettings(), InventorySettings(),
          BrokerSettings(), StreamSettings(), ProcessSettings(), AuthSettings()}) {
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
  return MaskPasswords(text, setting.url ? TextKind::kUrl : TextKind::kAny);
}

}  // namespace logistics::app
