// The switches with which tests make the peer fail: each does what it says, and nothing else.
#include <future>

#include "fakes/eventually.hpp"
#include "integration/peer/peer_fixture.hpp"

namespace logistics::peer {
namespace {

using support::PeerLevel;
using support::PeerProduct;
using support::PeerSwitch;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr char kReserve[] = "CheckAndReserveStock";

class SwitchTest : public PeerTest {
 protected:
  SwitchTest() : product_(peer_.AddProduct(100)) {}

  grpc::Status ReserveOne(const std::string& id) { return Reserve(ReserveOf(id, {{product_, 1}})); }
  void Reconnect() {
    channel_ = Connect();
    stub_ = inventory::InventoryService::NewStub(channel_);
  }

  const PeerProduct product_;
};

TEST_F(SwitchTest, Hang_UntilCleared_ThenGoesOn) {
  const int id = peer_.Add(support::Hang(kReserve));
  auto call = std::async(std::launch::async, [&] { return ReserveOne("order-1"); });
  peer_.AwaitWaiting(id);
  EXPECT_EQ(LevelOf(product_).reserved, 0);
  peer_.Clear(id);
  EXPECT_THAT(call.get(), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product_).reserved, 1);
}

TEST_F(SwitchTest, Hang_UntilTheCallerGivesUp_DoesNotDoTheWork) {
  ReserveAndGiveUp(ReserveOf("order-1", {{product_, 1}}), support::Hang(kReserve));
  EXPECT_THAT(ReserveOne("order-2"), CodeIs(grpc::StatusCode::OK));  // the switch was for one call
  EXPECT_THAT(peer_.Reservations("order-1"), IsEmpty());
  EXPECT_EQ(LevelOf(product_).reserved, 1);
}

TEST_F(SwitchTest, Delay_AnswersLater) {
  const int id = peer_.Add(support::Delay(kReserve, absl::Milliseconds(50)).Always());
  EXPECT_THAT(ReserveOne("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(peer_.Hits(id), 1);
}

TEST_F(SwitchTest, Fail_WithCodeAndMessage_SoOften) {
  peer_.Add(support::Fail(kReserve, "RESOURCE_EXHAUSTED", "no more").Count(2));
  for (int i = 0; i < 2; ++i) {
    const grpc::Status status = ReserveOne("order-1");
    EXPECT_THAT(status, CodeIs(grpc::StatusCode::RESOURCE_EXHAUSTED));
    EXPECT_EQ(status.error_message(), "no more");
  }
  EXPECT_THAT(ReserveOne("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product_).reserved, 1);
}

TEST_F(SwitchTest, CrashBeforeCommit_HoldsNothing) {
  peer_.Add(support::CrashBeforeCommit(kReserve));
  EXPECT_THAT(ReserveOne("order-1"), CodeIs(grpc::StatusCode::UNAVAILABLE));
  ASSERT_TRUE(peer_.process().Wait());
  EXPECT_THAT(peer_.Reservations("order-1"), IsEmpty());
  EXPECT_EQ(LevelOf(product_).reserved, 0);
}

TEST_F(SwitchTest, CrashAfterTheFirstCommit_HoldsTheFirstItem_AndARestartServesTheSamePort) {
  const PeerProduct second = peer_.AddProduct(10);
  const std::string url = peer_.url();
  peer_.Add(support::CrashAfterCommit(kReserve));
  EXPECT_THAT(Reserve(ReserveOf("order-1", {{product_, 1}, {second, 1}})), CodeIs(grpc::StatusCode::UNAVAILABLE));
  peer_.Restart();
  EXPECT_EQ(peer_.url(), url);
  Reconnect();
  EXPECT_EQ(LevelOf(product_).reserved, 1);
  EXPECT_EQ(LevelOf(second).reserved, 0);
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_THAT(peer_.Drift(), IsEmpty());
}

TEST_F(SwitchTest, DropReply_DoesTheWorkAndSaysNothing) {
  ReserveAndGiveUp(ReserveOf("order-1", {{product_, 1}}), support::DropReply(kReserve));
  EXPECT_EQ(LevelOf(product_).reserved, 1);
  const int id = peer_.Add(support::DropReply("CommitReservation"));
  auto call = std::async(std::launch::async, [&] { return Commit("order-1"); });
  peer_.AwaitWaiting(id);
  EXPECT_EQ(LevelOf(product_), (PeerLevel{99, 0, 99}));
  peer_.Clear(id);
  EXPECT_THAT(call.get(), CodeIs(grpc::StatusCode::OK));
}

TEST_F(SwitchTest, CutReply_DoesTheWorkAndCutsTheConnection) {
  peer_.Add(support::CutReply(kReserve));
  EXPECT_THAT(ReserveOne("order-1"), CodeIs(grpc::StatusCode::UNAVAILABLE));
  EXPECT_EQ(LevelOf(product_).reserved, 1);
  Reconnect();
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::OK));
}

TEST_F(SwitchTest, LateHold_CanTakeSeveralReleasesOrATime) {
  PeerSwitch twice = support::LateHold(1, "UNAVAILABLE");
  twice.releases = 2;
  peer_.Add(twice);
  EXPECT_THAT(ReserveOne("order-1"), CodeIs(grpc::StatusCode::UNAVAILABLE));
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_THAT(peer_.Reservations("order-1"), IsEmpty());
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_THAT(peer_.Reservations("order-1"), UnorderedElementsAre(Pair("pending", 1)));

  PeerSwitch timed = support::LateHold(1, "UNAVAILABLE");
  timed.delay = absl::Milliseconds(20);
  peer_.Add(timed);
  EXPECT_THAT(ReserveOne("order-2"), CodeIs(grpc::StatusCode::UNAVAILABLE));
  EXPECT_TRUE(fakes::Eventually([&] { return peer_.Reservations("order-2").count("pending") == 1; }));
}

TEST_F(SwitchTest, Randomly_TheSameSeedMeetsTheSameCalls) {
  const auto outcomes = [&] {
    const int id = peer_.Add(support::Fail(kReserve, "ABORTED").Randomly(0.5, 7));
    std::string text;
    for (int i = 0; i < 32; ++i) text += ReserveOne("order-" + std::to_string(i)).ok() ? '.' : 'x';
    peer_.Clear(id);
    return text;
  };
  const std::string first = outcomes();
  EXPECT_EQ(outcomes(), first);
  EXPECT_THAT(first, testing::AllOf(HasSubstr("."), HasSubstr("x")));
}

TEST_F(SwitchTest, CallsAndHeadersAreSeen) {
  grpc::ClientContext context;
  SetDeadline(context);
  context.AddMetadata("x-correlation-id", "c-1");
  inventory::StockReservationResponse response;
  EXPECT_TRUE(stub_->CheckAndReserveStock(&context, ReserveOf("order-1", {{product_, 1}}), &response).ok());
  ReserveOne("order-2");
  EXPECT_THAT(Release("order-2"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(peer_.Calls(kReserve), 2);
  EXPECT_EQ(peer_.Calls(kReserve, "order-1"), 1);
  EXPECT_EQ(peer_.Calls("ReleaseReservedStock", "order-2"), 1);
  EXPECT_EQ(peer_.Calls("ReleaseReservedStock", "order-1"), 0);
  EXPECT_EQ(peer_.Calls("CommitReservation"), 0);
  EXPECT_THAT(peer_.Header(kReserve, "x-correlation-id"), IsEmpty());
  EXPECT_THAT(peer_.Header("ReleaseReservedStock", "content-type"), ElementsAre("application/grpc"));
}

TEST_F(SwitchTest, WordsThatItDoesNotKnow_AreRefused) {
  PeerSwitch misspelt = support::Hang(kReserve);
  misspelt.at = "befor_commit";
  EXPECT_THROW(peer_.Add(misspelt), std::runtime_error);
  EXPECT_THROW(peer_.Add(support::Fail(kReserve, "GONE")), std::runtime_error);
}

TEST_F(SwitchTest, Sigterm_EndsItThoughCallsHang) {
  const int id = peer_.Add(support::Hang(kReserve));
  auto call = std::async(std::launch::async, [&] { return ReserveOne("order-1"); });
  peer_.AwaitWaiting(id);
  peer_.process().Signal(SIGTERM);
  const auto ending = peer_.process().Wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->exit_code, 0);
  call.wait();
}

}  // namespace
}  // namespace logistics::peer
