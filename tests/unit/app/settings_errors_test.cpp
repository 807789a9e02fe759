#include "app/check_config.hpp"
#include "app/settings/mask.hpp"
#include "unit/app/settings_fixture.hpp"

namespace logistics::app {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST_F(SettingsTest, Errors_AllAreReportedTogetherWithSourceValueAndWhatIsAllowed) {
  Yaml("grpc:\n  port: many\ndatabase:\n  writers: 17\n");
  EnvFile("LOG_LEVEL=loud\n");
  environment_["METRICS_PORT"] = "65536";
  Flag("shutdown.drain_timeout", "25");
  EXPECT_THAT(
      Load().errors,
      ElementsAre(
          "grpc.port = \"many\" (" + Path("config.yaml") +
              ":2): allowed is a port from 1 to 65535, or 0 for any free one",
          "database.writers = \"17\" (" + Path("config.yaml") + ":4): allowed is a whole number from 1 to 16",
          "metrics.port = \"65536\" (environment METRICS_PORT): allowed is a port from 1 to 65535, or 0 for any "
          "free one",
          "log.level = \"loud\" (" + Path("test.env") +
              ":1 (LOG_LEVEL)): allowed is trace, debug, info, warn, warning, error, off",
          "shutdown.drain_timeout = \"25\" (--shutdown-drain-timeout): allowed is a duration with its unit from "
          "100ms to 10m"));
}

TEST_F(SettingsTest, Errors_AWrongValueThatALaterSourceReplacesIsNone) {
  Yaml("grpc:\n  port: many\n");
  environment_["GRPC_PORT"] = "50051";
  EXPECT_EQ(LoadRight().server.port, 50051);
}

TEST_F(SettingsTest, Errors_UnknownKeysNameLineAndNearest) {
  Yaml("grpc:\n  prot: 1\nmetrcs:\n  port: 1\nfrobnicate: 1\n");
  EXPECT_THAT(Load().errors, ElementsAre(Path("config.yaml") + ":2: unknown setting grpc.prot; did you mean grpc.port?",
                                         Path("config.yaml") + ":3: unknown setting metrcs; did you mean metrics?",
                                         Path("config.yaml") + ":5: unknown setting frobnicate"));
}

TEST_F(SettingsTest, Errors_UnknownKeysBelowASectionInASection) {
  Yaml("inventory:\n  remot: {}\n  remote:\n    cal_timeout: 1s\n  remote: {}\n");
  EXPECT_THAT(Load().errors,
              ElementsAre(HasSubstr(":2: unknown setting inventory.remot; did you mean inventory.remote?"),
                          HasSubstr(":4: unknown setting inventory.remote.cal_timeout; did you mean "
                                    "inventory.remote.call_timeout?"),
                          HasSubstr(":5: inventory.remote is given twice")));
  Yaml("inventory:\n  remote: 10s\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr(":2: inventory.remote holds settings")));
}

TEST_F(SettingsTest, Errors_WrongShapesOfTheYaml) {
  Yaml("grpc:\n  port: {a: 1}\n  port: 2\n  host:\nlog: info\n");
  EXPECT_THAT(Load().errors,
              ElementsAre(HasSubstr(":2: grpc.port is one value"), HasSubstr(":3: grpc.port is given twice"),
                          HasSubstr(":4: grpc.host has no value"), HasSubstr(":5: log holds settings")));
  Yaml("grpc: [\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("is not YAML")));
  sources_.config_file = Path("absent.yaml");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("absent.yaml: cannot be read")));
}

TEST_F(SettingsTest, Errors_NeverShowPasswords) {
  environment_["DATABASE_URL"] = "mysql://me:hunter2@db/x?password=hunter2";
  environment_["RABBITMQ_URL"] = "amqp://me:hunter2@mq,http://me:hunter2@mq";
  environment_["JWT_SECRET"] = "hunter2";
  environment_["INVENTORY_SERVICE_URL"] = "http://me:hunter2@inventory:50052";
  const LoadedSettings loaded = Load();
  EXPECT_THAT(loaded.errors, SizeIs(4));
  for (const std::string& error : loaded.errors) EXPECT_THAT(error, Not(HasSubstr("hunter2")));
  std::ostringstream printed;
  PrintEffectiveSettings(loaded, printed);
  EXPECT_THAT(printed.str(), Not(HasSubstr("hunter2")));
}

TEST_F(SettingsTest, KeysAndHandledMessages_AreKnownForADayAtLeast) {
  Yaml("orders: {idempotency_ttl: 24h}\nconsumers: {done_ttl: 24h}\n");
  EXPECT_EQ(LoadRight().database.idempotency_ttl, absl::Hours(24));
  EXPECT_EQ(LoadRight().database.inbox_done_ttl, absl::Hours(24));
  Yaml("orders: {idempotency_ttl: 23h59m59s}\nconsumers: {done_ttl: 23h59m59s}\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("orders.idempotency_ttl = \"23h59m59s\""),
                                         HasSubstr("consumers.done_ttl = \"23h59m59s\"")));
}

TEST_F(SettingsTest, RetentionShorterThanWhatNeedsTheRows_IsRefusedNamingBoth) {
  EXPECT_FALSE(LoadRight().database.retention.any());
  Yaml("stream: {resume_window: 800h}\nretention: {commits: 720h}\n");
  EXPECT_THAT(Load().errors, ElementsAre(AllOf(HasSubstr("retention.commits = \"720h\""),
                                               HasSubstr("stream.resume_window = \"800h\""))));
  Yaml("consumers: {done_ttl: 800h}\nretention: {payments: 720h}\n");
  EXPECT_THAT(Load().errors, ElementsAre(AllOf(HasSubstr("retention.payments"), HasSubstr("consumers.done_ttl"))));
  Yaml("orders: {idempotency_ttl: 800h}\nretention: {reservations: 720h}\n");
  EXPECT_THAT(Load().errors, ElementsAre(AllOf(HasSubstr("retention.reservations"), HasSubstr("idempotency_ttl"))));
  Yaml("inventory: {reservation_ttl: 800h}\nretention: {order_status_history: 720h}\n");
  EXPECT_THAT(Load().errors,
              ElementsAre(AllOf(HasSubstr("retention.order_status_history"), HasSubstr("reservation_ttl"))));
}

TEST_F(SettingsTest, CommitsGoAfterTheRowsThatTheyLeadTo) {
  Yaml("retention: {commits: 720h, order_status_history: 721h, stock_movements: 722h}\n");
  EXPECT_THAT(Load().errors,
              ElementsAre(AllOf(HasSubstr("retention.commits"), HasSubstr("retention.order_status_history")),
                          AllOf(HasSubstr("retention.commits"), HasSubstr("retention.stock_movements"))));
  Yaml("retention: {commits: 722h, order_status_history: 721h, stock_movements: 722h}\n");
  EXPECT_TRUE(LoadRight().database.retention.any());
  Yaml("retention: {order_status_history: 8760h}\n");
  EXPECT_TRUE(LoadRight().database.retention.any());
}

TEST_F(SettingsTest, Schema_IsANameThatPostgresTakes) {
  EXPECT_EQ(LoadRight().database.schema, "public");
  for (const char* name : {"shop", "Shop's \"first\" one", "Läden"}) {
    environment_["LOGISTICS_DATABASE_SCHEMA"] = name;
    EXPECT_EQ(LoadRight().database.schema, name);
  }
  for (const std::string& name :
       {std::string("pg_catalog"), std::string("information_schema"), std::string("a\nb"), std::string(64, 'a')}) {
    environment_["LOGISTICS_DATABASE_SCHEMA"] = name.c_str();
    EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("database.schema")));
  }
}

TEST_F(SettingsTest, CheckConfig_PrintsTheSessionsAtPostgresAndTheirSum) {
  const auto sum = [&] {
    std::ostringstream printed;
    PrintEffectiveSettings(Load(), printed);
    std::istringstream lines(printed.str());
    std::string line;
    int added = 0;
    while (std::getline(lines, line) && line.find("sessions at Postgres") == std::string::npos) continue;
    while (std::getline(lines, line) && line.rfind("  sum ", 0) != 0) added += std::stoi(line.substr(46));
    EXPECT_EQ(std::stoi(line.substr(46)), added);
    return added;
  };
  const int usual = sum();
  Yaml("database: {writers: 4, readers: 8, background_readers: 5, list_readers: 3}\n");
  EXPECT_EQ(sum(), usual + 2 + 4 + 1 + 1);
  Yaml("consumers: {payments: {enabled: false}}\n");
  EXPECT_EQ(sum(), usual - 1);
  Yaml("inventory: {service_url: \"http://inventory:50052\"}\n");
  EXPECT_EQ(sum(), usual + 1);
}

TEST_F(SettingsTest, Errors_OfMalformedUrls_NeverShowPasswords) {
  for (const char* url : {"postgres://me:hunter2",
                          "postgres://me:hunter2/x",
                          "postgres://me:hunter2?sslmode=require",
                          "postgres://me:hunter2%40db/x",
                          "postgres://me%3Ahunter2",
                          "postgres:/me:hunter2@db/x",
                          "me:hunter2",
                          "postgres://h1:1,h2:hunter2/x",
                          "postgres://me:hunter2@[::1]x/x",
                          "postgres://me:hunter2%zz@db/x",
                          "postgres://db:5432/x?password=hunter2%zz",
                          "postgres://db:5432/x?sslmode=a&pass%77ord=hunter2",
                          "postgres://db:5432/x?sslpassword=hunter2@y&b",
                          "postgres://db/x?password%3Dhunter2",
                          "host=db user=me password=hunter2",
                          "host=db password = 'Top \\' hunter2' user=me",
                          "password=hunter2 host=db",
                          "password=Top hunter2 host=db",
                          "host=db password=Top@hunter2",
                          "host=db;password=\"hunter2\";user=me",
                          "jdbc:postgresql://db/x?user=me&password=hunter2",
                          "postgres://a:one,hunter2@db/x?frob=1"}) {
    for (const char* setting :
         {"DATABASE_URL", "RABBITMQ_URL", "INVENTORY_SERVICE_URL", "LOGISTICS_INVENTORY_SETTLE_URL"}) {
      const auto environment = environment_;
      environment_[setting] = url;
      const LoadedSettings loaded = Load();
      for (const std::string& error : loaded.errors) EXPECT_THAT(error, Not(HasSubstr("hunter2"))) << setting;
      std::ostringstream printed;
      PrintEffectiveSettings(loaded, printed);
      EXPECT_THAT(printed.str(), Not(HasSubstr("hunter2"))) << setting << " " << url;
      environment_ = environment;
    }
  }
}

TEST_F(SettingsTest, Urls_AreReadBeforeTheyAreUsed) {
  environment_["DATABASE_URL"] = "postgres://me:p?ss@db/logistics?sslmode=disable";
  environment_["RABBITMQ_URL"] = "amqp://me:p,ss@mq/v?heartbeat=5,amqps://other";
  const Settings settings = LoadRight();
  EXPECT_THAT(settings.broker.urls, ElementsAre("amqp://me:p,ss@mq/v?heartbeat=5", "amqps://other"));
  environment_["DATABASE_URL"] = "postgres://me@db/logistics?sslmod=disable";
  environment_["RABBITMQ_URL"] = "amqp://mq?frame_max=5";
  EXPECT_THAT(Load().errors, ElementsAre(AllOf(HasSubstr("database.url"), HasSubstr("the parameter sslmod")),
                                         AllOf(HasSubstr("rabbitmq.url"), HasSubstr("the parameter frame_max"))));
}

TEST_F(SettingsTest, Protection_ThatIsNotBuiltEndsTheStart) {
  environment_["JWT_SECRET"] = "s3cret";
  environment_["GRPC_TLS_CERT"] = "/etc/tls.crt";
  Yaml("grpc:\n  tls_key: /etc/tls.key\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("auth.jwt_secret = \"***\" (environment JWT_SECRET)"),
                                         HasSubstr("grpc.tls_cert = \"/etc/tls.crt\""), HasSubstr("grpc.tls_key")));
}

TEST_F(SettingsTest, InventoryService_IsTheDaemonOrAUrlWithAPort) {
  EXPECT_EQ(LoadRight().inventory_peer.url, "");
  for (const char* url : {"https://inventory.example:443", "http://10.0.0.1:1,10.0.0.2:2"}) {
    environment_["INVENTORY_SERVICE_URL"] = url;
    EXPECT_EQ(LoadRight().inventory_peer.url, url);
  }
  for (const char* url : {"Embedded?", "inventory:50052", "http://inventory", "http://one:1,two:2"}) {
    environment_["INVENTORY_SERVICE_URL"] = url;
    EXPECT_THAT(Load().errors, ElementsAre(AllOf(HasSubstr(url), HasSubstr("allowed is embedded, http://host:port"))));
  }
}

TEST_F(SettingsTest, RemoteInventory_RelationsAreChecked) {
  Yaml(
      "inventory:\n  service_url: http://inventory:50052\n"
      "  remote: {reconnect_min: 10s, intent_ttl: 10s, tls_ca_file: /dev/null}\n");
  EXPECT_THAT(Load().errors,
              ElementsAre(HasSubstr("inventory.remote.reconnect_min"), HasSubstr("inventory.remote.intent_ttl"),
                          AllOf(HasSubstr("inventory.remote.tls_ca_file"), HasSubstr("inventory.service_url"))));
}

TEST_F(SettingsTest, SettleUrl_IsAUrlAndOnlyBesideEmbeddedInventory) {
  Yaml("inventory: {settle_url: https://inventory:50052}\n");
  EXPECT_EQ(LoadRight().inventory_settle_url, "https://inventory:50052");
  environment_["INVENTORY_SERVICE_URL"] = "http://inventory:50052";
  EXPECT_THAT(Load().errors, ElementsAre(AllOf(HasSubstr("inventory.settle_url"), HasSubstr("inventory.service_url"))));
  Yaml("inventory: {settle_url: inventory}\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("inventory.settle_url")));
}

TEST_F(SettingsTest, Relations_AreChecked) {
  Yaml(
      "database: {lock_timeout: 10s, statement_timeout: 10s, retry_min: 20s, queue_max: 100, batch_max: 200}\n"
      "shutdown: {drain_timeout: 20s}\n"
      "rabbitmq: {reconnect_min: 11s, tls_ca_file: /dev/null}\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("shutdown.drain_timeout"), HasSubstr("database.lock_timeout"),
                                         HasSubstr("database.queue_max"), HasSubstr("database.retry_min"),
                                         HasSubstr("rabbitmq.reconnect_min"), HasSubstr("rabbitmq.tls_ca_file")));
}

TEST_F(SettingsTest, Streams_RangesAndRelationsAreChecked) {
  Yaml("stream: {resume_window: 1m, heartbeat: 1m, failover_margin: 2m}\n");
  EXPECT_THAT(Load().errors,
              ElementsAre(AllOf(HasSubstr("stream.heartbeat"), HasSubstr("stream.resume_window")),
                          AllOf(HasSubstr("stream.failover_margin"), HasSubstr("stream.resume_window"))));
  Yaml("stream: {streams_max: 0, buffer: 15, recent_max: 1023, readers: 17, idle_write_timeout: 1ms}\n");
  EXPECT_THAT(Load().errors, UnorderedElementsAre(HasSubstr("stream.streams_max"), HasSubstr("stream.buffer"),
                                                  HasSubstr("stream.recent_max"), HasSubstr("stream.readers"),
                                                  HasSubstr("stream.idle_write_timeout")));
  Yaml("stock_stream: {streams_max: 0, buffer: 15, page: 7, idle_write_timeout: 1ms}\n");
  EXPECT_THAT(Load().errors,
              UnorderedElementsAre(HasSubstr("stock_stream.streams_max"), HasSubstr("stock_stream.buffer"),
                                   HasSubstr("stock_stream.page"), HasSubstr("stock_stream.idle_write_timeout")));
}

TEST_F(SettingsTest, Queues_AreReadWithTheirDefaults) {
  Yaml(
      "topology:\n  queues:\n"
      "    - {name: a, exchange: order_events, routing_keys: [\"order.created\", \"order.status.#\"]}\n"
      "    - {name: b, exchange: inventory_events, routing_keys: [\"#\"], type: classic, max_length: 100}\n");
  const Settings settings = LoadRight();
  ASSERT_THAT(settings.broker.queues, SizeIs(2));
  EXPECT_EQ(settings.broker.queues[0].delivery_limit, 20);
  EXPECT_THAT(settings.broker.queues[0].routing_keys, ElementsAre("order.created", "order.status.#"));
  EXPECT_EQ(settings.broker.queues[1].type, messaging::QueueType::kClassic);
  EXPECT_EQ(settings.broker.queues[1].delivery_limit, 0);
  EXPECT_EQ(settings.broker.queues[1].max_length, 100);
}

TEST_F(SettingsTest, Queues_ErrorsNameTheEntry) {
  Yaml(
      "topology:\n  queues:\n"
      "    - {name: a b, exchange: order_events, routing_keys: []}\n"
      "    - {name: c, exchange: order_events, routing_keys: [x], type: fast, size: 1}\n"
      "    - {name: d, exchange: order_events, routing_keys: [x], type: classic, delivery_limit: 3}\n"
      "    - {name: e, exchange: nowhere, routing_keys: [x]}\n"
      "    - {name: f}\n");
  EXPECT_THAT(Load().errors,
              AllOf(Contains(HasSubstr("topology.queues[0].name = \"a b\"")),
                    Contains(HasSubstr("topology.queues[0].routing_keys")),
                    Contains(HasSubstr("topology.queues[1].type = \"fast\": allowed is quorum, classic")),
                    Contains(HasSubstr("topology.queues[1]: unknown setting size")),
                    Contains(HasSubstr("topology.queues[2].delivery_limit")),
                    Contains(AllOf(HasSubstr("queue e"), HasSubstr("nowhere"), HasSubstr("order_events"))),
                    Contains(HasSubstr("topology.queues[4].exchange is missing"))));
}

TEST_F(SettingsTest, EnvFile_QuotesCommentsAndForeignLines) {
  EnvFile(
      "export LOG_LEVEL=debug   # chatty\r\n"
      "NOT_OURS=\"line one\nline two\"\n"
      "this line is nobody's\n"
      "DATABASE_URL='postgres://me:p#q@db/x'\n"
      "RABBITMQ_ORDER_QUEUE=\"my_\\\"queue\"\n"
      "GRPC_PORT=1\nGRPC_PORT=2\n");
  environment_.erase("DATABASE_URL");
  const Settings settings = LoadRight();
  EXPECT_EQ(settings.telemetry.log_level, "debug");
  EXPECT_EQ(settings.database.url, "postgres://me:p#q@db/x");
  EXPECT_EQ(settings.order_queue, "my_\"queue");
  EXPECT_EQ(settings.server.port, 2);
}

TEST_F(SettingsTest, EnvFile_LosesNoLineAndNoPartOfAValue) {
  EnvFile(
      "\xEF\xBB\xBFGRPC_PORT=7\r\n"
      "GRPC_HOST=   # none yet\n"
      "METRICS_PORT=\t#9\n"
      "RABBITMQ_ORDER_QUEUE=#queue#1 # it begins so\n"
      "export\tLOG_LEVEL = debug\r\n"
      "RABBITMQ_ORDER_EXCHANGE=\"a\\b\" # with a backslash\r\n"
      "DATABASE_URL = 'postgres://me:p\\w@db/x'\t\n"
      "RABBITMQ_PAYMENT_EXCHANGE=last");
  environment_.erase("DATABASE_URL");
  const Settings defaults;
  const Settings settings = LoadRight();
  EXPECT_EQ(settings.server.port, 7) << "the mark of UTF-8 belongs to no name";
  EXPECT_EQ(settings.server.host, defaults.server.host);
  EXPECT_EQ(settings.telemetry.metrics_port, defaults.telemetry.metrics_port);
  EXPECT_EQ(settings.order_queue, "#queue#1");
  EXPECT_EQ(settings.telemetry.log_level, "debug");
  EXPECT_EQ(settings.broker.order_exchange, "a\\b");
  EXPECT_EQ(settings.database.url, "postgres://me:p\\w@db/x");
  EXPECT_EQ(settings.broker.payment_exchange, "last");
  environment_["DATABASE_URL"] = "postgres://me:pw@db/x";
  EnvFile("\xEF\xBB\xBFJWT_SECRET=s3cret\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("auth.jwt_secret"))) << "protection that was asked for";
}

TEST_F(SettingsTest, Sources_BlanksAndEndsOfLinesAroundAValueCountInNone) {
  const std::string around = " \t7\r\n";
  EnvFile("GRPC_PORT=\"" + around + "\"\n");
  EXPECT_EQ(LoadRight().server.port, 7);
  EnvFile("GRPC_PORT=\" \n\"\n");
  EXPECT_EQ(LoadRight().server.port, Settings().server.port) << "empty is not set";
  environment_["GRPC_PORT"] = around;
  environment_["DATABASE_URL"] = "postgres://me:pw@db/x\n";
  environment_["GRPC_HOST"] = "\n";
  EXPECT_EQ(LoadRight().server.port, 7);
  EXPECT_EQ(LoadRight().database.url, "postgres://me:pw@db/x");
  EXPECT_EQ(LoadRight().server.host, Settings().server.host);
  environment_.erase("GRPC_PORT");
  Yaml("\xEF\xBB\xBFgrpc:\r\n  port: \" 7\\n\"\r\n  host: |\r\n    127.0.0.1\r\n");
  EXPECT_EQ(LoadRight().server.port, 7);
  EXPECT_EQ(LoadRight().server.host, "127.0.0.1");
  Flag("grpc.port", " 8\n");
  EXPECT_EQ(LoadRight().server.port, 8);
}

TEST_F(SettingsTest, Files_InAnotherEncodingOrWithASecondDocumentAreRefused) {
  Yaml("grpc: {port: 7}\n---\ngrpc: {port: 8}\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("config.yaml:3: a second document")));
  Yaml("---\ngrpc: {port: 7}\n---\n");
  EXPECT_EQ(LoadRight().server.port, 7);
  const std::string utf16(
      "\xFF\xFEG\0R\0P\0C\0_\0P\0O\0R\0T\0=\0"
      "7\0",
      22);
  EnvFile(utf16);
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("test.env: is no text in UTF-8")));
  Yaml(utf16);
  EnvFile("");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("config.yaml: is no text in UTF-8")));
  sources_.config_file = folder_;
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("cannot be read")));
}

TEST_F(SettingsTest, EnvFile_AValueThatGoesOnBehindItsQuoteIsAnError) {
  EnvFile("LOG_LEVEL=\"debug\" info\nGRPC_HOST='127.0.0'.1\nGRPC_PORT='7'#8\nOTHERS='a' b\nexport METRICS_PORT\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("test.env:1: LOG_LEVEL"), HasSubstr("test.env:2: GRPC_HOST"),
                                         HasSubstr("test.env:3: GRPC_PORT"), HasSubstr("test.env:5: METRICS_PORT")));
}

TEST_F(SettingsTest, EnvFile_ALineOfOursThatCannotBeReadIsAnError) {
  EnvFile("LOG_LEVEL: debug\nGRPC_PORT=\"1\n");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("test.env:1: LOG_LEVEL"), HasSubstr("test.env:2: GRPC_PORT")));
  sources_.env_file = Path("nowhere.env");
  EXPECT_THAT(Load().errors, ElementsAre(HasSubstr("nowhere.env: cannot be read")));
}

TEST(MaskPasswords, CoversWhatAPasswordMayLookLike) {
  EXPECT_EQ(MaskPasswords("postgres://me:a@b/c@db:5432/x"), "postgres://me:***@db:5432/x");
  EXPECT_EQ(MaskPasswords("amqp://a:one@h1,amqps://b:t,wo@h2"), "amqp://a:***@h1,amqps://b:***@h2");
  EXPECT_EQ(MaskPasswords("postgres://db/x?sslmode=require&Password=abc&a=1"),
            "postgres://db/x?sslmode=require&Password=***&a=1");
  EXPECT_EQ(MaskPasswords("me:secret@db"), "me:***@db");
  EXPECT_EQ(MaskPasswords("postgres://me@db/x"), "postgres://me@db/x");
  EXPECT_EQ(MaskPasswords("postgres://me:p?ss@db/x"), "postgres://me:***@db/x");
  EXPECT_EQ(MaskPasswords("amqp://me:TopSecret"), "amqp://me:***");
  EXPECT_EQ(MaskPasswords("me:TopSecret", TextKind::kUrl), "me:***");
  EXPECT_EQ(MaskPasswords("host=db password='Top \\' Secret' user=me"), "host=db password=*** user=me");
  EXPECT_EQ(MaskPasswords("password = TopSecret host=db"), "password =*** host=db");
}

TEST(MaskPasswords, LeavesWhatIsNone) {
  for (const char* text :
       {"amqp://rabbit:5672/v", "postgres://h1:1,h2:2/db?sslmode=require", "http://[::1]:5000", "::1", "0.0.0.0", "",
        "info", "postgres://[::1]/db", "host=db port=5432", "http://10.0.0.1:1,10.0.0.2:2", ":50051", "1h30m"}) {
    EXPECT_EQ(MaskPasswords(text), text);
  }
  EXPECT_EQ(MaskPasswords("inventory:50052", TextKind::kUrl), "inventory:50052");
}

}  // namespace
}  // namespace logistics::app
