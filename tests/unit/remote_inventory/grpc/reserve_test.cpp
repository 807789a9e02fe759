#include <algorithm>
#include <atomic>
#include <thread>

#include "logistics/domain/errors.hpp"
#include "unit/remote_inventory/grpc/peer_fixture.hpp"

namespace logistics::remote_inventory {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ports::PeerReserve;
using ports::PeerReserveAnswer;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class ReserveTest : public PeerFixture {
 protected:
  PeerReserveAnswer Reserve(absl::Duration time = absl::Seconds(30)) {
    return peer_->Reserve(Id(9), Warehouse(1), {{Product(1), "CHAIR", 2}, {Product(2), "TABLE", 1}}, Within(time));
  }
  void AnswerReserveWith(const grpc::Status& status) {
    service_.reserve = [status](const Asked&, const auto&, auto&) { return status; };
  }
};

TEST_F(ReserveTest, Success_IsHeldAndSaysWhatWasAsked) {
  ::inventory::StockReservationRequest seen;
  service_.reserve = [&](const Asked&, const auto& request, auto& response) {
    seen = request;
    response.set_success(true);
    return grpc::Status::OK;
  };
  Connect();
  const PeerReserveAnswer answer = Reserve();
  EXPECT_EQ(answer.outcome, PeerReserve::kHeld);
  EXPECT_THAT(answer.status, IsOk());
  EXPECT_EQ(seen.order_id(), Id(9).ToString());
  EXPECT_EQ(seen.warehouse_id(), Id(1).ToString());
  ASSERT_EQ(seen.items_size(), 2);
  EXPECT_EQ(seen.items(0).product_id(), Id(1).ToString());
  EXPECT_EQ(seen.items(0).sku(), "CHAIR");
  EXPECT_EQ(seen.items(0).quantity(), 2);
}

TEST_F(ReserveTest, SuccessFalse_IsRefusedEvenWhenEveryItemSaysInStock) {
  service_.reserve = [](const Asked&, const auto& request, auto& response) {
    response.set_message("short");
    for (const auto& item : request.items()) {
      auto& said = *response.add_items();
      said.set_product_id(item.product_id());
      said.set_in_stock(true);
      said.set_available_quantity(1);
    }
    response.mutable_items(0)->set_error_message("lost a race");
    response.add_items()->set_product_id("not asked for");
    return grpc::Status::OK;
  };
  Connect();
  const PeerReserveAnswer answer = Reserve();
  EXPECT_EQ(answer.outcome, PeerReserve::kRefused);
  EXPECT_THAT(answer.status, IsOk());
  EXPECT_EQ(answer.message, "short");
  ASSERT_THAT(answer.items, SizeIs(2));
  EXPECT_EQ(answer.items[0].wanted.sku, "CHAIR");
  EXPECT_EQ(answer.items[0].available, 1);
  EXPECT_EQ(answer.items[0].error, "lost a race");
}

TEST_F(ReserveTest, StatusOfTheHandler_IsRefusedBecauseEarlierItemsMayBeHeld) {
  AnswerReserveWith({grpc::StatusCode::INVALID_ARGUMENT, "warehouse secret-host is no UUID"});
  Connect();
  const PeerReserveAnswer answer = Reserve();
  EXPECT_EQ(answer.outcome, PeerReserve::kRefused);
  EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("secret-host"))));
}

TEST_F(ReserveTest, EveryStatusThatALostCallCanHaveIsUnknownAndNotRepeated) {
  Connect();
  int calls = 0;
  for (const grpc::StatusCode code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::CANCELLED,
        grpc::StatusCode::INTERNAL, grpc::StatusCode::UNKNOWN, grpc::StatusCode::ABORTED, grpc::StatusCode::DATA_LOSS,
        grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    AnswerReserveWith({code, "words of the peer"});
    const PeerReserveAnswer answer = Reserve();
    EXPECT_EQ(answer.outcome, PeerReserve::kUnknown) << code;
    EXPECT_THAT(answer.status, Not(IsOk())) << code;
    EXPECT_THAT(std::string(answer.status.message()), Not(HasSubstr("words of the peer"))) << code;
    EXPECT_EQ(service_.Calls("reserve"), ++calls) << code;
  }
}

TEST_F(ReserveTest, Unimplemented_IsNotSentAndTheWrongPeer) {
  Connect();
  AnswerReserveWith({grpc::StatusCode::UNIMPLEMENTED, "unknown method"});
  const PeerReserveAnswer answer = Reserve();
  EXPECT_EQ(answer.outcome, PeerReserve::kNotSent);
  EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(domain::RetryAfterOf(answer.status).has_value());
  EXPECT_TRUE(health_.WaitFor(
      "inventory",
      [](const auto& entry) {
        return entry.state == ports::HealthState::kDegraded && entry.reason.find("wrong peer") != std::string::npos;
      },
      kPatience));
}

TEST_F(ReserveTest, PeerHangs_EndsAtTheCallersDeadlineAsUnknown) {
  service_.reserve = [](const Asked& asked, const auto&, auto&) { return asked.Hang(); };
  Connect();
  const PeerReserveAnswer answer = Reserve(absl::Milliseconds(100));
  EXPECT_EQ(answer.outcome, PeerReserve::kUnknown);
  EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ReserveTest, PeerHangs_EndsAtTheCallTimeoutWhenTheCallerWouldWaitLonger) {
  options_.call_timeout = absl::Milliseconds(100);
  service_.reserve = [](const Asked& asked, const auto&, auto&) { return asked.Hang(); };
  Connect();
  EXPECT_EQ(Reserve(absl::Hours(1)).outcome, PeerReserve::kUnknown);
}

TEST_F(ReserveTest, DeadlineOfTheCallIsTheSoonerOfBoth) {
  std::atomic<double> given_seconds{0};
  service_.reserve = [&](const Asked& asked, const auto&, auto&) {
    given_seconds = absl::ToDoubleSeconds(absl::FromChrono(asked.context.deadline()) - absl::Now());
    return grpc::Status::OK;
  };
  options_.call_timeout = absl::Minutes(10);
  Connect();
  Reserve(absl::Hours(10));
  // On the wire it is rounded up, by a second at this length.
  EXPECT_LE(given_seconds, 602);
  EXPECT_GT(given_seconds, 300);
  Reserve(absl::Minutes(2));
  EXPECT_LE(given_seconds, 122);
}

TEST_F(ReserveTest, TimeIsUp_IsNotSent) {
  Connect();
  const PeerReserveAnswer answer = Reserve(-absl::Milliseconds(1));
  EXPECT_EQ(answer.outcome, PeerReserve::kNotSent);
  EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(service_.Calls("reserve"), 0);
}

TEST_F(ReserveTest, WhatThePeerWouldTakeForStock_IsNeverSent) {
  Connect();
  using Items = std::vector<domain::StockItem>;
  for (const Items& items : {Items{}, Items{{Product(1), "A", 0}}, Items{{Product(1), "A", -1}},
                             Items{{domain::ProductId(), "A", 1}}, Items{{Product(1), "A", 1}, {Product(1), "A", 1}}}) {
    const PeerReserveAnswer answer = peer_->Reserve(Id(9), Warehouse(1), items, Within(kPatience));
    EXPECT_EQ(answer.outcome, PeerReserve::kNotSent);
    EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_EQ(peer_->Reserve(domain::Uuid(), Warehouse(1), {{Product(1), "A", 1}}, Within(kPatience)).outcome,
            PeerReserve::kNotSent);
  EXPECT_EQ(service_.Calls("reserve"), 0);
}

TEST_F(ReserveTest, BreakerOpen_IsNotSentAndAnsweredWithATimeToComeAgain) {
  options_.breaker.failures = 2;
  options_.breaker.open_for = absl::Minutes(5);
  AnswerReserveWith({grpc::StatusCode::UNAVAILABLE, ""});
  Connect();
  EXPECT_EQ(Reserve().outcome, PeerReserve::kUnknown);
  EXPECT_EQ(Reserve().outcome, PeerReserve::kUnknown);
  EXPECT_EQ(peer_->breaker().state(), BreakerState::kOpen);
  const PeerReserveAnswer answer = Reserve();
  EXPECT_EQ(answer.outcome, PeerReserve::kNotSent);
  EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_GT(domain::RetryAfterOf(answer.status).value_or(absl::ZeroDuration()), absl::Minutes(4));
  EXPECT_EQ(service_.Calls("reserve"), 2);
  EXPECT_TRUE(health_.WaitForState("inventory", ports::HealthState::kDegraded, kPatience));
}

TEST_F(ReserveTest, VeryShortDeadlinesDoNotOpenTheBreaker) {
  options_.breaker.failures = 1;
  service_.reserve = [](const Asked& asked, const auto&, auto&) { return asked.Hang(); };
  Connect();
  for (int i = 0; i < 3; ++i) Reserve(absl::Milliseconds(20));
  EXPECT_EQ(peer_->breaker().state(), BreakerState::kClosed);
}

TEST_F(ReserveTest, CallTimeoutsOpenTheBreaker) {
  options_.call_timeout = absl::Milliseconds(50);
  options_.breaker = {.failures = 2, .open_for = absl::Minutes(5), .probes = 1};
  service_.reserve = [](const Asked& asked, const auto&, auto&) { return asked.Hang(); };
  Connect();
  Reserve();
  Reserve();
  EXPECT_EQ(peer_->breaker().state(), BreakerState::kOpen);
}

TEST_F(ReserveTest, Stop_EndsACallInFlightAsUnknownAndSendsNoMore) {
  std::atomic<bool> arrived{false};
  service_.reserve = [&](const Asked& asked, const auto&, auto&) {
    arrived = true;
    return asked.Hang();
  };
  options_.call_timeout = absl::Minutes(5);
  Connect();
  std::jthread caller([&] { EXPECT_EQ(Reserve(absl::Minutes(5)).outcome, PeerReserve::kUnknown); });
  while (!arrived) std::this_thread::yield();
  peer_->Stop();
  caller.join();
  EXPECT_EQ(Reserve().outcome, PeerReserve::kNotSent);
}

}  // namespace
}  // namespace logistics::remote_inventory
