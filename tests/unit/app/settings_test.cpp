#include "app/settings/settings.hpp"

#include "app/settings/setting.hpp"
#include "unit/app/settings_fixture.hpp"

namespace logistics::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(SettingsTest, Precedence_FileThenEnvFileThenEnvironmentThenFlags) {
  Yaml("grpc:\n  port: 1001\n");
  EXPECT_EQ(LoadRight().server.port, 1001);
  EnvFile("GRPC_PORT=1002\n");
  EXPECT_EQ(LoadRight().server.port, 1002);
  environment_["GRPC_PORT"] = "1003";
  EXPECT_EQ(LoadRight().server.port, 1003);
  Flag("grpc.port", "1004");
  EXPECT_EQ(LoadRight().server.port, 1004);
}

TEST_F(SettingsTest, Effective_NamesTheSourceOfEachValue) {
  Yaml("grpc:\n  host: 127.0.0.1\n");
  EnvFile("# ours\nMETRICS_PORT=9000\n");
  Flag("log.level", "debug");
  const LoadedSettings loaded = Load();
  EXPECT_EQ(Effective(loaded, "grpc.host").source, Path("config.yaml") + ":2");
  EXPECT_EQ(Effective(loaded, "metrics.port").source, Path("test.env") + ":2 (METRICS_PORT)");
  EXPECT_EQ(Effective(loaded, "database.url").source, "environment DATABASE_URL");
  EXPECT_EQ(Effective(loaded, "log.level").source, "--log-level");
  EXPECT_EQ(Effective(loaded, "grpc.port").source, "default");
}

TEST_F(SettingsTest, Environment_EveryNameThatOperatorsHaveWorks) {
  environment_ = {
      {"DATABASE_URL", "postgres://me@db/logistics"},
      {"RABBITMQ_URL", "amqp://one:5672/a, amqps://two/b"},
      {"RABBITMQ_ORDER_EXCHANGE", "o"},
      {"RABBITMQ_INVENTORY_EXCHANGE", "i"},
      {"RABBITMQ_SHIPMENT_EXCHANGE", "s"},
      {"RABBITMQ_PAYMENT_EXCHANGE", "p"},
      {"RABBITMQ_ORDER_QUEUE", "order_processing"},
      {"RABBITMQ_RETRY_ATTEMPTS", "7"},
      {"GRPC_HOST", "127.0.0.1"},
      {"GRPC_PORT", ":50055"},
      {"INVENTORY_SERVICE_URL", "http://inventory:50052"},
      {"METRICS_PORT", "9999"},
      {"LOG_LEVEL", "WARNING"},
      {"DEFAULT_WAREHOUSE_ID", "00000000-0000-0000-0000-0000000000ff"},
  };
  const Settings settings = LoadRight();
  EXPECT_EQ(settings.database.url, "postgres://me@db/logistics");
  EXPECT_THAT(settings.broker.urls, ElementsAre("amqp://one:5672/a", "amqps://two/b"));
  EXPECT_EQ(settings.broker.order_exchange, "o");
  EXPECT_EQ(settings.broker.inventory_exchange, "i");
  EXPECT_EQ(settings.broker.shipment_exchange, "s");
  EXPECT_EQ(settings.broker.payment_exchange, "p");
  EXPECT_EQ(settings.broker.payments.retry_attempts, 7);
  EXPECT_EQ(settings.server.host, "127.0.0.1");
  EXPECT_EQ(settings.server.port, 50055);
  EXPECT_EQ(settings.inventory_peer.url, "http://inventory:50052");
  EXPECT_EQ(settings.telemetry.metrics_port, 9999);
  EXPECT_EQ(settings.telemetry.log_level, "warn");
  EXPECT_EQ(settings.orders.warehouse_id.ToString(), "00000000-0000-0000-0000-0000000000ff");
  ASSERT_EQ(settings.broker.queues.size(), 1U);
  EXPECT_EQ(settings.broker.queues[0].name, "order_processing");
  EXPECT_EQ(settings.broker.queues[0].exchange, "o");
  EXPECT_THAT(settings.broker.queues[0].routing_keys, ElementsAre("order.#"));
}

TEST_F(SettingsTest, Environment_EmptyValueAndForeignNamesAreNotSettings) {
  environment_["RABBITMQ_ORDER_QUEUE"] = "";
  environment_["JWT_SECRET"] = "";
  environment_["LOGISTICS_NOT_A_SETTING"] = "1";
  EXPECT_THAT(LoadRight().broker.queues, IsEmpty());
}

TEST_F(SettingsTest, EveryRow_HasANameOfItsOwnAndAcceptsItsOwnDefault) {
  std::set<std::string> names;
  Settings settings;
  for (const Setting& row : SettingsTable()) {
    EXPECT_TRUE(names.insert(row.key).second) << row.key;
    EXPECT_TRUE(row.env.empty() || names.insert(row.env).second) << row.env;
    EXPECT_FALSE(row.doc.empty()) << row.key;
    EXPECT_FALSE(row.allowed.empty()) << row.key;
    if (row.set) {
      EXPECT_TRUE(row.set(row.get(settings), settings)) << row.key << " = " << row.get(settings);
    }
  }
}

TEST_F(SettingsTest, Migrate_NeedsNoBroker) {
  environment_.erase("RABBITMQ_URL");
  EXPECT_THAT(Load(SettingsFor::kMigrate).errors, IsEmpty());
  EXPECT_THAT(Load(SettingsFor::kServe).errors,
              ElementsAre(AllOf(HasSubstr("rabbitmq.url"), HasSubstr("RABBITMQ_URL="))));
}

TEST_F(SettingsTest, DefaultConfigCandidates_TheFirstThatExistsIsRead) {
  std::ofstream(Path("second.yaml")) << "grpc: {port: 7}\n";
  sources_.config_candidates = {Path("first.yaml"), Path("second.yaml")};
  EXPECT_EQ(LoadRight().server.port, 7);
}

// What a person copies from is what the daemon does without it.
TEST_F(SettingsTest, ShippedYaml_NamesEverySettingWithItsDefault) {
  environment_.clear();
  const LoadedSettings defaults = Load();
  sources_.config_file = std::string(LOGISTICS_SOURCE_DIR) + "/config/logistics-engine.yaml";
  const LoadedSettings shipped = Load();
  ASSERT_EQ(shipped.effective.size(), defaults.effective.size());
  for (std::size_t i = 0; i < shipped.effective.size(); ++i) {
    EXPECT_EQ(shipped.effective[i].value, defaults.effective[i].value) << shipped.effective[i].key;
    EXPECT_THAT(shipped.effective[i].source, HasSubstr("logistics-engine.yaml:")) << shipped.effective[i].key;
  }
  // Nothing but the two URLs that have no default is wrong with it.
  EXPECT_THAT(shipped.errors, ElementsAre(HasSubstr("database.url"), HasSubstr("rabbitmq.url")));
}

}  // namespace
}  // namespace logistics::app
