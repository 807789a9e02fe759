// logisticsctl inventory reconcile against a server over scripted books: what a person or a script sees.
#include "nlohmann/json.hpp"
#include "support/process.hpp"
#include "unit/rpc/reconciled_server.hpp"

namespace logistics::ctl {
namespace {

using support::Finished;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Json = nlohmann::json;

class ReconcileCommandTest : public rpc::ReconciledServer {
 protected:
  Finished Reconcile(const std::vector<std::string>& more = {}) const {
    support::Command command{{LOGISTICS_BINARY_DIR "/logisticsctl", "--address", absl::StrCat("127.0.0.1:", port_),
                              "inventory", "reconcile"},
                             {}};
    command.args.insert(command.args.end(), more.begin(), more.end());
    return support::RunToEnd(command);
  }
};

TEST_F(ReconcileCommandTest, NoDrift_IsZero) {
  StartRemote();
  ledger_.Set({chair_, 3});
  peer_.SetLevel(chair_, {10, 3});
  const Finished finished = Reconcile();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "1 levels compared, no drift\n");
}

TEST_F(ReconcileCommandTest, Drift_IsFourWithATable) {
  StartRemote();
  ledger_.Set({chair_, 3, 1});
  peer_.SetLevel(chair_, {10, 7});
  const Finished finished = Reconcile();
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.err, IsEmpty());
  EXPECT_THAT(finished.out, HasSubstr(chair_.product_id.ToString()));
  EXPECT_THAT(finished.out, HasSubstr("+3"));
  EXPECT_THAT(finished.out, HasSubstr("3-4"));
  EXPECT_THAT(finished.out, HasSubstr("1 products drift by 3 pieces"));
  EXPECT_THAT(finished.out, Not(HasSubstr("again")));
}

TEST_F(ReconcileCommandTest, MissingLevel_IsSaid) {
  StartRemote();
  ledger_.Set({chair_, 3});
  const Finished finished = Reconcile();
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.out, HasSubstr("no level"));
  EXPECT_THAT(finished.out, HasSubstr("-3"));
}

TEST_F(ReconcileCommandTest, DamagedLevel_IsFourWithoutDriftToo) {
  StartRemote();
  peer_.SetLevel(chair_, {10, 0});
  peer_.SetSaidAvailable(chair_, 9);
  const Finished finished = Reconcile();
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.out, HasSubstr("damaged"));
}

TEST_F(ReconcileCommandTest, StuckAndInDoubt_AreListedAndZero) {
  StartRemote();
  const domain::Uuid order = ids_.NewId();
  settlements_.rows = {{order, "release", 9, "away\x1b[2J", absl::Hours(2)}};
  ledger_.AddInDoubt({order, chair_, "CHAIR", 2, "no answer", absl::FromUnixSeconds(1000)});
  const Finished finished = Reconcile();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr(order.ToString()));
  EXPECT_THAT(finished.out, HasSubstr("2h"));
  EXPECT_THAT(finished.out, HasSubstr("1970-01-01 00:16:40Z"));
  EXPECT_THAT(finished.out, Not(HasSubstr("\x1b")));
}

TEST_F(ReconcileCommandTest, Fix_SaysHowManyAreRequeued) {
  StartRemote();
  peer_.SetLevel(chair_, {10, 2});
  ledger_.SetRequeued({5, false});
  const Finished finished = Reconcile({"--fix"});
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.out, HasSubstr("5 reservations are released or committed again; there are more"));
  EXPECT_EQ(ledger_.Fixed().size(), 1U);
}

TEST_F(ReconcileCommandTest, Json_IsTheReport) {
  StartRemote();
  peer_.SetLevel(chair_, {10, 2});
  const Finished finished = Reconcile({"--json"});
  EXPECT_EQ(finished.exit_code, 4);
  const Json report = Json::parse(finished.out, nullptr, /*allow_exceptions=*/false);
  EXPECT_EQ(report["drifts"][0]["product_id"], chair_.product_id.ToString());
  EXPECT_EQ(report["drifts"][0]["drift"], "2");  // protobuf JSON writes 64-bit numbers as strings
  EXPECT_EQ(report["drift_products"], "1");
}

TEST_F(ReconcileCommandTest, Embedded_IsZeroAndSaysWhy) {
  StartEmbedded();
  const Finished finished = Reconcile({"--fix"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("nothing to reconcile"));
}

TEST_F(ReconcileCommandTest, PeerAway_IsThree) {
  StartRemote();
  peer_.SetUnavailable(true);
  const Finished finished = Reconcile();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.out, IsEmpty());
}

}  // namespace
}  // namespace logistics::ctl
