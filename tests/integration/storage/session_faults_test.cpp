// One table of faults for both kinds of sessions: what the server does to them means the same, and leaves the same.
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "integration/storage/storage_fixture.hpp"
#include "storage/postgres/session_slot.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::storage {
namespace {

using support::TcpProxy;

constexpr Statement kAllOfChanging = {"all_of_changing", "SELECT * FROM changing"};
// A step that executes kAllOfChanging.
constexpr char kPrepared[] = "all_of_changing";

struct Fault {
  std::string name;
  std::vector<std::string> steps;  // the last one fails
  FailureKind kind = FailureKind::kPermanent;
  std::string sqlstate;
  bool stays = true;  // the session
};

std::string Raise(const std::string& code) {
  return "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '" + code + "'; END $$";
}

const std::vector<Fault>& Faults() {
  static const std::string insert = "INSERT INTO engine_facts (name, value) VALUES ('fault', 'made')";
  static const std::vector<Fault> faults = {
      {"syntax", {"SELEC"}, FailureKind::kPermanent, "42601"},
      {"syntax in a transaction", {"BEGIN", insert, "SELEC"}, FailureKind::kPermanent, "42601"},
      {"no such column", {"SELECT no_such_column"}, FailureKind::kPermanent, "42703"},
      {"unique violation", {"BEGIN", insert, insert}, FailureKind::kTransient, "23505"},
      {"deadlock", {"BEGIN", insert, Raise("40P01")}, FailureKind::kTransient, "40P01"},
      {"lock timeout",
       {"BEGIN", insert, "SET LOCAL lock_timeout = 20", "SELECT 1 FROM commit_lock FOR UPDATE"},
       FailureKind::kLocked,
       "55P03"},
      {"statement timeout", {"SET statement_timeout = 20", "SELECT pg_sleep(60)"}, FailureKind::kLocked, "57014"},
      {"no room", {"BEGIN", insert, Raise("53100")}, FailureKind::kTransient, "53100"},
      {"read-only", {"SET default_transaction_read_only = on", insert}, FailureKind::kConnection, "25006", false},
      {"shutdown", {"BEGIN", insert, Raise("57P01")}, FailureKind::kConnection, "57P01", false},
      {"outcome unknown to a pooler", {"BEGIN", insert, Raise("08007")}, FailureKind::kConnection, "08007", false},
      {"outcome unknown to a proxy", {"BEGIN", insert, Raise("40003")}, FailureKind::kConnection, "40003", false},
      {"statements lost", {kPrepared, "DEALLOCATE ALL", kPrepared}, FailureKind::kConnection, "26000", false},
      {"result changed",
       {kPrepared, "ALTER TABLE changing ADD COLUMN later integer", kPrepared},
       FailureKind::kConnection,
       "0A000",
       false},
      {"backend ended",
       {"BEGIN", insert, "SELECT pg_terminate_backend(pg_backend_pid())"},
       FailureKind::kConnection,
       "57P01",
       false},
  };
  return faults;
}

template <typename S>
class SessionFaultsTest : public StorageFixture {
 protected:
  using Slot = SlotOf<S>;

  static int Backend(S& session) { return session.Script("SELECT pg_backend_pid()")[0][0].template as<int>(); }
  static std::optional<int> BackendOf(Slot& slot) {
    std::optional<int> backend;
    const auto failure = slot.Attempt(Tries::kOnce, [&](S& session) { backend = Backend(session); });
    EXPECT_FALSE(failure.has_value()) << failure->text;
    return backend;
  }
  DatabaseOptions Through(const TcpProxy& proxy) const {
    DatabaseOptions options = Options();
    const std::size_t host = options.url.rfind('@') + 1;
    options.url = options.url.substr(0, host) + "127.0.0.1:" + std::to_string(proxy.port()) +
                  options.url.substr(options.url.find('/', host));
    return options;
  }
  static int PortOf(const std::string& url) { return std::stoi(url.substr(url.find(':', url.rfind('@')) + 1)); }
};

using Kinds = testing::Types<Session, PipelineSession>;
TYPED_TEST_SUITE(SessionFaultsTest, Kinds);

TYPED_TEST(SessionFaultsTest, EachFault_IsOneFailureAndTheNextWorkFindsASoundSession) {
  this->database_.Query("CREATE TABLE changing (a integer)");
  Session other(this->Options(), SessionUse::kQueries);
  other.Begin();
  other.Script("SELECT 1 FROM commit_lock FOR UPDATE");
  for (const Fault& fault : Faults()) {
    SCOPED_TRACE(fault.name);
    typename TestFixture::Slot slot(this->Options(), SessionUse::kByKey);
    const std::optional<int> before = this->BackendOf(slot);
    std::size_t reached = 0;
    const auto failure = slot.Attempt(Tries::kOnce, [&](TypeParam& session) {
      for (const std::string& step : fault.steps) {
        ++reached;
        if (step == kPrepared) {
          session.Execute(kAllOfChanging);
        } else {
          session.Script(step);
        }
      }
    });
    ASSERT_TRUE(failure.has_value());
    EXPECT_EQ(reached, fault.steps.size());
    EXPECT_EQ(failure->kind, fault.kind) << failure->text;
    EXPECT_EQ(slot.open(), fault.stays);
    // libpqxx 6 does not keep the code of each.
    if (std::is_same_v<TypeParam, PipelineSession> || !failure->sqlstate.empty()) {
      EXPECT_EQ(failure->sqlstate, fault.sqlstate);
    }
    EXPECT_EQ(this->BackendOf(slot) == before, fault.stays);
    EXPECT_EQ(this->Number("SELECT count(*) FROM engine_facts WHERE name = 'fault'"), 0);
    // Neither a transaction nor what another message left is in the way.
    const auto next = slot.Attempt(Tries::kOnce, [&](TypeParam& session) {
      session.Script("VACUUM engine_facts");
      session.Execute(kAllOfChanging);
    });
    EXPECT_FALSE(next.has_value()) << next->text;
  }
}

TYPED_TEST(SessionFaultsTest, ConnectionThatIsCut_IsLost) {
  TcpProxy proxy("127.0.0.1", this->PortOf(this->database_.url()));
  typename TestFixture::Slot slot(this->Through(proxy), SessionUse::kByKey);
  ASSERT_TRUE(this->BackendOf(slot).has_value());
  proxy.SetMode(TcpProxy::Mode::kRefuse);
  const auto failure = slot.Attempt(Tries::kOnce, [](TypeParam& session) { session.Script("SELECT 1"); });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::kConnection) << failure->text;
  EXPECT_FALSE(slot.open());
  const auto refused = slot.Attempt(Tries::kTwice, [](TypeParam& session) { session.Script("SELECT 1"); });
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->kind, FailureKind::kConnection) << refused->text;
  proxy.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(this->BackendOf(slot).has_value());
}

TYPED_TEST(SessionFaultsTest, ServerThatHangs_IsLostAtTheLimitOfTheWait) {
  TcpProxy proxy("127.0.0.1", this->PortOf(this->database_.url()));
  DatabaseOptions options = this->Through(proxy);
  options.statement_timeout = absl::Milliseconds(50);
  typename TestFixture::Slot slot(options, SessionUse::kByKey);
  ASSERT_TRUE(this->BackendOf(slot).has_value());
  proxy.SetMode(TcpProxy::Mode::kStall);
  const absl::Time start = absl::Now();
  const auto failure = slot.Attempt(Tries::kOnce, [](TypeParam& session) { session.Script("SELECT 1"); });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::kConnection) << failure->text;
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_FALSE(slot.open());
}

TYPED_TEST(SessionFaultsTest, CancelledWork_EndsItsWait) {
  typename TestFixture::Slot slot(this->Options(), SessionUse::kByKey);
  const std::function<bool()> cancelled = [] { return true; };
  const auto failure = slot.Attempt(Tries::kOnce, [&](TypeParam& session) {
    session.StopWhen(&cancelled);
    session.Script("SELECT pg_sleep(60)");
  });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::kConnection) << failure->text;
}

}  // namespace
}  // namespace logistics::storage
