// A replica that freezes between two messages of one statement: Postgres counts its session as active, and none of its
// timeouts ends the transaction.
#include <libpq-fe.h>

#include <memory>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

class StalledWriterTest : public StorageFixture {
 protected:
  // A session that looks like a replica's, has locked the product's levels, and stands still within a statement.
  Connection Stalled(const domain::ProductId& product, const std::string& application) {
    Connection connection(PQconnectdb(Options().url.c_str()), &PQfinish);
    EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
    Run(connection.get(), "SET application_name = '" + application + "'");
    Run(connection.get(), "SET idle_in_transaction_session_timeout = '1s'");
    Run(connection.get(), "BEGIN");
    Run(connection.get(), "UPDATE stock_levels SET updated_at = now() WHERE product_id = '" + product.ToString() + "'");
    // In pipeline mode the end of the statement is a message of its own, which is never sent.
    EXPECT_EQ(PQenterPipelineMode(connection.get()), 1);
    EXPECT_EQ(PQsendQueryParams(connection.get(), "SELECT 1", 0, nullptr, nullptr, nullptr, nullptr, 0), 1);
    EXPECT_EQ(PQflush(connection.get()), 0);
    return connection;
  }

 private:
  static void Run(PGconn* connection, const std::string& sql) {
    PGresult* const result = PQexec(connection, sql.c_str());
    EXPECT_EQ(PQresultStatus(result), PGRES_COMMAND_OK) << PQerrorMessage(connection);
    PQclear(result);
  }
};

TEST_F(StalledWriterTest, ReplicaThatFreezesWithinAStatement_HoldsUpNoOtherForLong) {
  const auto replica = NewReplica();
  const domain::ProductId product = ProductWith(replica->database(), 1'000);
  const Connection frozen = Stalled(product, "logistics-engine");
  const auto order =
      replica->database().orders().Create(OrderOf(product, 1), {"correlation", "", absl::Now() + absl::Seconds(30)});
  EXPECT_THAT(order, IsOk()) << "its locks are kept for ever";
}

TEST_F(StalledWriterTest, SessionOfAnotherProgram_IsLeftAlone) {
  const auto replica = NewReplica();
  const domain::ProductId product = ProductWith(replica->database(), 1'000);
  const Connection other = Stalled(product, "a tool");
  EXPECT_FALSE(replica->database()
                   .orders()
                   .Create(OrderOf(product, 1), {"correlation", "", absl::Now() + absl::Seconds(12)})
                   .ok());
  Session session(Options(), SessionUse::kQueries);
  EXPECT_EQ(session
                .Script("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name "
                        "= 'a tool'")[0][0]
                .as<int>(),
            1);
}

}  // namespace
}  // namespace logistics::storage
