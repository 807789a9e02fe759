// How the daemon starts, and how it refuses to.
#include <gmock/gmock.h>
#include <unistd.h>

#include "e2e/raw_call.hpp"
#include "e2e/world.hpp"
#include "support/loopback.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::Finished;
using support::RunToEnd;
using support::TcpProxy;
using testing::HasSubstr;
using testing::Not;

constexpr char kNobody[] = "postgres://nobody:s3cret@127.0.0.1:1/none";
constexpr char kNoBroker[] = "amqp://nobody:s3cret@127.0.0.1:1/none";

// A loopback port that somebody listens on.
class TakenPort {
 public:
  TakenPort() = default;
  ~TakenPort() { ::close(listener_.fd); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  std::string text() const { return std::to_string(listener_.port); }

 private:
  const support::Listener listener_ = support::ListenOnLoopback();
};

Finished Serve(const std::map<std::string, std::string>& env, const Flags& flags = {}) {
  support::Command command = ServeCommand(kNobody, kNoBroker, flags);
  for (const auto& [name, value] : env) command.env[name] = value;
  return RunToEnd(command);
}

TEST(StartTest, AnswerThatCannotBeWritten_IsAFailure) {
  const std::string daemon = ServeCommand(kNobody, kNoBroker).args.front();
  const std::map<std::string, std::string> env = {{"DATABASE_URL", kNobody}, {"RABBITMQ_URL", kNoBroker}};
  for (const char* const out : {">/dev/full", ">&-"}) {
    for (const char* const command : {"check-config", "--version", "--help"}) {
      const Finished finished = RunToEnd({{"sh", "-c", daemon + " " + command + " " + out}, env});
      EXPECT_EQ(finished.exit_code, 1) << command << out;
      EXPECT_THAT(finished.err, HasSubstr("cannot write to standard output")) << command << out;
    }
  }
}

TEST(StartTest, Ready_HealthReflectionAndAdminAnswer) {
  const World world;
  Daemon daemon(world.Serve());
  daemon.WaitUntilPublishing();
  const std::string serving = "\x08\x01";
  // HealthCheckRequest {1 service string}, HealthCheckResponse {1 status enum}: SERVING is 1.
  for (const std::string service : {"", "order.OrderService", "inventory.InventoryService"}) {
    std::string request;
    if (!service.empty()) request = "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
    EXPECT_EQ(RawUnary(daemon.channel(), "/grpc.health.v1.Health/Check", request), serving) << service;
  }
  // ServerReflectionRequest {7 list_services string}.
  const std::string services = RawStream(
      daemon.channel(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x01*", 3));
  EXPECT_THAT(services, HasSubstr("order.OrderService"));
  EXPECT_THAT(services, HasSubstr("inventory.InventoryService"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));

  EXPECT_EQ(daemon.Get("/livez").status, 200);
  const HttpAnswer readiness = daemon.Get("/readyz");
  EXPECT_EQ(readiness.status, 200);
  EXPECT_THAT(readiness.body, HasSubstr("postgres: up"));
  EXPECT_THAT(readiness.body, HasSubstr("broker: up"));
  GetOrder(daemon, NewUuid());
  const std::string metrics = daemon.Get("/metrics").body;
  for (const char* name : {"logistics_rpc_total{code=\"NOT_FOUND\"", "logistics_rpc_seconds_bucket",
                           "logistics_batches_total", "logistics_outbox_rows", "logistics_outbox_oldest_seconds",
                           "logistics_publish_total", "logistics_broker_reconnects_total"}) {
    EXPECT_THAT(metrics, HasSubstr(name));
  }
}

TEST(StartTest, NoPostgres_SaysSoAndGetsReadyWhenItComes) {
  const World world;
  TcpProxy proxy("127.0.0.1", PortOf(world.database.url()), TcpProxy::Mode::kRefuse);
  Daemon daemon(Through(proxy, world.database.url()), world.broker.url());
  daemon.WaitForLog("the database is unavailable");
  EXPECT_EQ(daemon.Get("/livez").status, 200);
  const HttpAnswer readiness = daemon.Get("/readyz");
  EXPECT_EQ(readiness.status, 503);
  EXPECT_THAT(readiness.body, HasSubstr("postgres: down"));
  proxy.SetMode(TcpProxy::Mode::kForward);
  daemon.WaitUntilReady();
  AddProduct(daemon, 1);
}

TEST(StartTest, NoPostgres_StopsWhenAsked) {
  const World world;
  Daemon daemon(kNobody, world.broker.url());
  daemon.WaitForLog("the database is unavailable");
  daemon.process().Signal(SIGTERM);
  const auto ending = daemon.process().Wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->exit_code, 0);
  EXPECT_THAT(daemon.Log(), Not(HasSubstr("s3cret")));
}

// A port that accepts would get calls that other replicas could serve.
TEST(StartTest, NoPostgres_KeepsTheGrpcPortAndRefusesConnectionsUntilItComes) {
  const World world;
  TcpProxy proxy("127.0.0.1", PortOf(world.database.url()), TcpProxy::Mode::kRefuse);
  const std::string port = TakenPort().text();  // free again
  Daemon daemon(Through(proxy, world.database.url()), world.broker.url(), {{"grpc-port", port}});
  daemon.WaitForLog("the database is unavailable");
  const int socket = support::ConnectTo("127.0.0.1", std::stoi(port));
  EXPECT_EQ(socket, -1);
  if (socket >= 0) ::close(socket);
  const Finished second = Serve({}, {{"grpc-port", port}});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.out, HasSubstr("cannot listen on 127.0.0.1:" + port + " for gRPC (GRPC_HOST, GRPC_PORT)"));
  proxy.SetMode(TcpProxy::Mode::kForward);
  daemon.WaitUntilReady();
  AddProduct(daemon, 1);
}

TEST(StartTest, NoBroker_ServesAndPublishesWhenItComes) {
  const World world;
  TcpProxy proxy(world.broker.host(), world.broker.port(), TcpProxy::Mode::kRefuse);
  Daemon daemon(world.database.url(), world.broker.UrlThrough(proxy.port()));
  daemon.WaitUntilReady();
  const Product product = AddProduct(daemon, 5);
  ASSERT_TRUE(Create(daemon, OrderOf(product)).status.ok());
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM outbox_events"), 3);
  EXPECT_TRUE(Eventually([&] { return daemon.Get("/readyz").body.find("broker: degraded") != std::string::npos; }));
  proxy.SetMode(TcpProxy::Mode::kForward);
  support::TestConsumer consumer(world.broker.url(), world.queue());
  EXPECT_EQ(consumer.Take(3, kPatience).size(), 3U);
  EXPECT_TRUE(
      Eventually([&] { return world.database.QueryNumber("SELECT count(*) FROM outbox_events") == 0; }, kPatience));
}

TEST(StartTest, BadFlag_IsAUsageErrorNamingIt) {
  const Finished finished = Serve({}, {{"grpc-prot", "50051"}});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.out + finished.err, HasSubstr("--grpc-prot"));
}

TEST(StartTest, NoCommand_IsAUsageError) {
  const Finished finished = RunToEnd({{LOGISTICS_BINARY_DIR "/logistics-engine"}, {}});
  EXPECT_EQ(finished.exit_code, 2);
}

TEST(StartTest, UnknownYamlKey_IsAUsageErrorWithItsPlaceAndASuggestion) {
  const support::TempFolder folder;
  const std::string path = folder.Write("settings.yaml", "grpc:\n  host: 127.0.0.1\n  prot: 50051\n");
  const Finished finished = Serve({}, {{"config", path}});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr(path + ":3: unknown setting grpc.prot; did you mean grpc.port?"));
}

TEST(StartTest, BadValues_AreAllNamedWithWhatIsAllowed) {
  const Finished finished = Serve({{"LOGISTICS_DATABASE_WRITERS", "many"}, {"LOG_LEVEL", "loud"}});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("database.writers = \"many\" (environment LOGISTICS_DATABASE_WRITERS): allowed "
                                      "is a whole number from 1 to 16"));
  EXPECT_THAT(finished.err, HasSubstr("log.level = \"loud\""));
}

TEST(StartTest, Protection_IsNeverIgnored) {
  const Finished secret = Serve({{"JWT_SECRET", "hush"}});
  EXPECT_EQ(secret.exit_code, 2);
  EXPECT_THAT(secret.err, HasSubstr("JWT_SECRET"));
  EXPECT_THAT(secret.err, HasSubstr("protection that this version does not have"));
  EXPECT_THAT(secret.err, Not(HasSubstr("hush")));
  const Finished tls = Serve({{"GRPC_TLS_KEY", "/etc/key.pem"}});
  EXPECT_EQ(tls.exit_code, 2);
  EXPECT_THAT(tls.err, HasSubstr("GRPC_TLS_KEY"));
}

TEST(StartTest, NoDatabaseUrl_IsAUsageErrorSayingHowToGiveIt) {
  const Finished finished = Serve({{"DATABASE_URL", ""}});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("DATABASE_URL=postgres://"));
}

TEST(StartTest, MetricsPortTaken_EndsTheStartNamingIt) {
  const TakenPort taken;
  const Finished finished = Serve({}, {{"metrics-port", taken.text()}});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out, HasSubstr("127.0.0.1:" + taken.text()));
  EXPECT_THAT(finished.out, HasSubstr("METRICS_PORT"));
}

// A second daemon on the port of the first, by mistake: it must not migrate for it nor take a lease from it.
TEST(StartTest, GrpcPortTaken_EndsTheStartNamingItAndTouchesNoTable) {
  const TakenPort taken;
  const World world;
  world.database.Query("DROP SCHEMA public CASCADE");
  world.database.Query("CREATE SCHEMA public");
  const Finished finished =
      RunToEnd(ServeCommand(world.database.url(), world.broker.url(), {{"grpc-port", taken.text()}}));
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out, HasSubstr("127.0.0.1:" + taken.text()));
  EXPECT_THAT(finished.out, HasSubstr("GRPC_PORT"));
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 0);
}

TEST(StartTest, WrongDatabasePassword_EndsTheStartSayingSo) {
  const World world;
  std::string url = world.database.url();
  const std::size_t password = url.find(':', url.find("://") + 3) + 1;
  url.replace(password, url.rfind('@') - password, "wr0ng");
  const Finished finished = RunToEnd(ServeCommand(url, world.broker.url()));
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out, HasSubstr("DATABASE_URL"));
  EXPECT_THAT(finished.out, HasSubstr("password authentication failed"));
  EXPECT_THAT(finished.out, Not(HasSubstr("wr0ng")));
}

TEST(StartTest, UnknownDatabase_EndsTheStartSayingSo) {
  const World world;
  const std::string url = world.database.url();
  const Finished finished =
      RunToEnd(ServeCommand(url.substr(0, url.rfind('/')) + "/no_such_database", world.broker.url()));
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out, HasSubstr("no_such_database"));
}

}  // namespace
}  // namespace logistics::e2e
