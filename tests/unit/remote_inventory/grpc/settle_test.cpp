#include "logistics/domain/errors.hpp"
#include "unit/remote_inventory/grpc/peer_fixture.hpp"

namespace logistics::remote_inventory {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::PeerSettled;

class SettleTest : public PeerFixture {
 protected:
  absl::StatusOr<PeerSettled> Release() { return peer_->Release(Id(9), "cancelled", Within(kPatience)); }
  absl::StatusOr<PeerSettled> Commit() { return peer_->Commit(Id(9), Within(kPatience)); }
  void AnswerWith(const grpc::Status& status, bool success = true) {
    service_.release = [=](const Asked&, const auto&, auto& response) {
      response.set_success(success);
      return status;
    };
    service_.commit = [=](const Asked&, const auto&, auto& response) {
      response.set_success(success);
      return status;
    };
  }
};

TEST_F(SettleTest, Success_IsDoneAndNamesTheOrderTwice) {
  ::inventory::ReleaseStockRequest released;
  ::inventory::CommitReservationRequest committed;
  service_.release = [&](const Asked&, const auto& request, auto& response) {
    released = request;
    response.set_success(true);
    return grpc::Status::OK;
  };
  service_.commit = [&](const Asked&, const auto& request, auto& response) {
    committed = request;
    response.set_success(true);
    return grpc::Status::OK;
  };
  Connect();
  EXPECT_THAT(Release(), IsOkAndHolds(PeerSettled::kDone));
  EXPECT_THAT(Commit(), IsOkAndHolds(PeerSettled::kDone));
  EXPECT_EQ(released.reservation_id(), Id(9).ToString());
  EXPECT_EQ(released.order_id(), Id(9).ToString());
  EXPECT_EQ(released.reason(), "cancelled");
  EXPECT_EQ(committed.reservation_id(), Id(9).ToString());
}

TEST_F(SettleTest, NothingPending_IsWhatTheGoServiceAndOurOwnDaemonSayOfIt) {
  Connect();
  for (const grpc::Status& status :
       {grpc::Status(grpc::StatusCode::INTERNAL,
                     "failed to release: no pending reservations found for ID: " + Id(9).ToString()),
        grpc::Status(grpc::StatusCode::NOT_FOUND, "no such reservation"),
        grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "it was committed")}) {
    AnswerWith(status);
    EXPECT_THAT(Release(), IsOkAndHolds(PeerSettled::kNothingPending)) << status.error_message();
    EXPECT_THAT(Commit(), IsOkAndHolds(PeerSettled::kNothingPending)) << status.error_message();
  }
}

TEST_F(SettleTest, EverythingElseIsTryAgainAndNotRepeatedInside) {
  Connect();
  int calls = 0;
  for (const grpc::Status& status :
       {grpc::Status(grpc::StatusCode::INTERNAL, "deadlock detected"), grpc::Status(grpc::StatusCode::UNAVAILABLE, ""),
        grpc::Status(grpc::StatusCode::UNKNOWN, ""), grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "")}) {
    AnswerWith(status);
    EXPECT_THAT(Release(), StatusIs(absl::StatusCode::kUnavailable)) << status.error_code();
    EXPECT_THAT(Commit(), StatusIs(absl::StatusCode::kUnavailable)) << status.error_code();
    EXPECT_TRUE(domain::RetryAfterOf(Release().status()).has_value());
    EXPECT_EQ(service_.Calls("release"), calls += 2);
  }
  AnswerWith(grpc::Status::OK, /*success=*/false);
  EXPECT_THAT(Release(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Commit(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(SettleTest, NothingPending_IsAnAnswerToTheBreaker) {
  options_.breaker.failures = 1;
  AnswerWith({grpc::StatusCode::INTERNAL, "no pending reservations found for ID: x"});
  Connect();
  EXPECT_THAT(Release(), IsOk());
  EXPECT_EQ(peer_->breaker().state(), BreakerState::kClosed);
}

TEST_F(SettleTest, Adjust_SaysWhetherItWasSent) {
  ::inventory::AdjustInventoryRequest seen;
  service_.adjust = [&](const Asked&, const auto& request, auto& response) {
    seen = request;
    response.mutable_inventory_level()->set_item_id(request.item_id());
    response.mutable_inventory_level()->set_location_id(request.location_id());
    response.mutable_inventory_level()->set_quantity(12);
    response.mutable_inventory_level()->set_reserved(2);
    return grpc::Status::OK;
  };
  options_.breaker = {.failures = 1, .open_for = absl::Minutes(5), .probes = 1};
  Connect();
  const ports::StockAdjustment adjustment{{Product(1), Warehouse(1)}, -3, "returned", "order 9"};
  bool sent = false;
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow row, peer_->Adjust(adjustment, Within(kPatience), sent));
  EXPECT_TRUE(sent);
  EXPECT_EQ(row.key, adjustment.key);
  EXPECT_EQ(row.level.available(), 10);
  EXPECT_EQ(seen.quantity(), -3);
  EXPECT_EQ(seen.reference(), "order 9");

  EXPECT_THAT(peer_->Adjust({adjustment.key, 0, "", ""}, Within(kPatience), sent),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_FALSE(sent);

  service_.adjust = [](const Asked&, const auto&, auto&) { return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""); };
  EXPECT_THAT(peer_->Adjust(adjustment, Within(kPatience), sent), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(sent);

  const int before = service_.Calls("adjust");
  service_.adjust = [](const Asked&, const auto&, auto&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, ""); };
  EXPECT_THAT(peer_->Adjust(adjustment, Within(kPatience), sent), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(sent);
  EXPECT_EQ(service_.Calls("adjust"), before + 1);

  EXPECT_THAT(peer_->Adjust(adjustment, Within(kPatience), sent), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(sent) << "the breaker is open";
}

}  // namespace
}  // namespace logistics::remote_inventory
