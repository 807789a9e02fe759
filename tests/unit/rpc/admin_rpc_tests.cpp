#include "admin.grpc.pb.h"
#include "unit/rpc/reconciled_server.hpp"

namespace logistics::rpc {
namespace {

using ::logistics::admin::ReconcileInventoryRequest;
using ::logistics::admin::ReconcileInventoryResponse;

class AdminRpcTest : public ReconciledServer {
 protected:
  grpc::Status Reconcile(bool fix, ReconcileInventoryResponse& response) {
    ReconcileInventoryRequest request;
    request.set_fix(fix);
    grpc::ClientContext context;
    return ::logistics::admin::AdminService::NewStub(channel_)->ReconcileInventory(&context, request, &response);
  }
};

TEST_F(AdminRpcTest, Embedded_SaysThatThereIsNothingToCompare) {
  StartEmbedded();
  ReconcileInventoryResponse report;
  ASSERT_TRUE(Reconcile(true, report).ok());
  EXPECT_TRUE(report.embedded());
  EXPECT_EQ(peer_.Calls(fakes::PeerCall::kLevels), 0);
}

TEST_F(AdminRpcTest, Report_HasEverythingThatWasFound) {
  StartRemote();
  const domain::LevelKey elsewhere{chair_.product_id, domain::WarehouseId(ids_.NewId())};
  ledger_.Set({chair_, 3, 1});
  peer_.SetLevel(chair_, {10, 7});
  peer_.SetLevel(elsewhere, {10, 0});
  peer_.SetSaidAvailable(elsewhere, 9);
  const domain::Uuid order = ids_.NewId();
  settlements_.rows = {{order, "release, release_again", 9, "unavailable", absl::Hours(2)}};
  ledger_.AddInDoubt({order, chair_, "CHAIR", 2, "no answer", absl::FromUnixSeconds(1000)});
  ReconcileInventoryResponse report;
  ASSERT_TRUE(Reconcile(false, report).ok());
  EXPECT_FALSE(report.embedded());
  EXPECT_EQ(report.levels(), 2);
  EXPECT_EQ(report.drift_products(), 1);
  EXPECT_EQ(report.drift_pieces(), 3);
  ASSERT_EQ(report.drifts_size(), 1);
  EXPECT_EQ(report.drifts(0).product_id(), chair_.product_id.ToString());
  EXPECT_EQ(report.drifts(0).warehouse_id(), chair_.warehouse_id.ToString());
  EXPECT_EQ(report.drifts(0).drift(), 3);
  EXPECT_EQ(report.drifts(0).reserved(), 7);
  EXPECT_EQ(report.drifts(0).expected_min(), 3);
  EXPECT_EQ(report.drifts(0).expected_max(), 4);
  EXPECT_FALSE(report.drifts(0).level_missing());
  ASSERT_EQ(report.damaged_size(), 1);
  EXPECT_EQ(report.damaged(0).warehouse_id(), elsewhere.warehouse_id.ToString());
  EXPECT_EQ(report.damaged(0).quantity(), 10);
  EXPECT_EQ(report.damaged(0).available(), 9);
  ASSERT_EQ(report.multi_location_size(), 1);
  EXPECT_EQ(report.multi_location(0).warehouse_ids_size(), 2);
  ASSERT_EQ(report.stuck_size(), 1);
  EXPECT_EQ(report.stuck(0).reservation_id(), order.ToString());
  EXPECT_EQ(report.stuck(0).attempts(), 9);
  EXPECT_EQ(report.stuck(0).age_seconds(), 7200);
  ASSERT_EQ(report.in_doubt_size(), 1);
  EXPECT_EQ(report.in_doubt(0).sku(), "CHAIR");
  EXPECT_EQ(report.in_doubt(0).quantity(), 2);
  EXPECT_EQ(report.in_doubt(0).since().seconds(), 1000);
  EXPECT_EQ(report.settled_again(), 0);
  EXPECT_TRUE(ledger_.Fixed().empty());
}

TEST_F(AdminRpcTest, Fix_SaysHowManyAreRequeued) {
  StartRemote();
  peer_.SetLevel(chair_, {10, 7});
  ledger_.SetRequeued({12, false});
  ReconcileInventoryResponse report;
  ASSERT_TRUE(Reconcile(true, report).ok());
  EXPECT_EQ(report.settled_again(), 12);
  EXPECT_FALSE(report.settled_again_all());
  EXPECT_EQ(ledger_.Fixed().size(), 1U);
}

TEST_F(AdminRpcTest, PeerAway_IsUnavailable) {
  StartRemote();
  peer_.SetUnavailable(true);
  ReconcileInventoryResponse report;
  EXPECT_EQ(Reconcile(false, report).error_code(), grpc::StatusCode::UNAVAILABLE);
}

class ListWaitingMessagesTest : public ServerFixture {
 protected:
  void Park(const std::string& message_id, const std::string& consumer, std::size_t body_bytes = 2) {
    ports::InboundMessage message;
    message.consumer = consumer;
    message.message_id = message_id;
    message.exchange = "payment_events";
    message.routing_key = "payment.processed";
    message.event_type = "PaymentProcessed";
    message.body = std::string(body_bytes, 'x');
    message.order_id = domain::OrderId(ids_.NewId());
    ASSERT_TRUE(inbox_.Park(message, 1, absl::Seconds(1), "there is no such order", {}).ok());
  }
  grpc::Status List(const ::logistics::admin::ListWaitingMessagesRequest& request,
                    ::logistics::admin::ListWaitingMessagesResponse& response) {
    grpc::ClientContext context;
    return ::logistics::admin::AdminService::NewStub(channel_)->ListWaitingMessages(&context, request, &response);
  }
};

TEST_F(ListWaitingMessagesTest, Message_IsShownInFull) {
  Start();
  Park("m-1", "payments");
  ::logistics::admin::ListWaitingMessagesResponse waiting;
  ASSERT_TRUE(List({}, waiting).ok());
  ASSERT_EQ(waiting.messages_size(), 1);
  EXPECT_FALSE(waiting.more());
  const ::logistics::admin::WaitingMessage& message = waiting.messages(0);
  EXPECT_EQ(message.consumer(), "payments");
  EXPECT_EQ(message.message_id(), "m-1");
  EXPECT_EQ(message.event_type(), "PaymentProcessed");
  EXPECT_EQ(message.exchange(), "payment_events");
  EXPECT_EQ(message.routing_key(), "payment.processed");
  EXPECT_EQ(message.attempts(), 1);
  EXPECT_EQ(message.last_error(), "there is no such order");
  EXPECT_EQ(message.body(), "xx");
  EXPECT_EQ(message.due_at().seconds() - message.arrived_at().seconds(), 1);
}

TEST_F(ListWaitingMessagesTest, Pages_FollowEachOther) {
  Start();
  for (const char* id : {"m-1", "m-2", "m-3"}) Park(id, "payments");
  Park("m-4", "other");
  ::logistics::admin::ListWaitingMessagesRequest request;
  request.set_consumer("payments");
  request.set_limit(2);
  ::logistics::admin::ListWaitingMessagesResponse first;
  ASSERT_TRUE(List(request, first).ok());
  ASSERT_EQ(first.messages_size(), 2);
  EXPECT_TRUE(first.more());
  request.set_after(first.messages(1).id());
  ::logistics::admin::ListWaitingMessagesResponse second;
  ASSERT_TRUE(List(request, second).ok());
  ASSERT_EQ(second.messages_size(), 1);
  EXPECT_EQ(second.messages(0).message_id(), "m-3");
  EXPECT_FALSE(second.more());
}

TEST_F(ListWaitingMessagesTest, LargeBodies_EndAnAnswerEarly) {
  Start();
  for (const char* id : {"m-1", "m-2", "m-3"}) Park(id, "payments", 700'000);
  ::logistics::admin::ListWaitingMessagesResponse waiting;
  ASSERT_TRUE(List({}, waiting).ok());
  EXPECT_EQ(waiting.messages_size(), 1);
  EXPECT_TRUE(waiting.more());
}

TEST_F(ListWaitingMessagesTest, LimitOutOfRange_IsRefusedByName) {
  Start();
  ::logistics::admin::ListWaitingMessagesRequest request;
  request.set_limit(1'001);
  ::logistics::admin::ListWaitingMessagesResponse waiting;
  const grpc::Status status = List(request, waiting);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), testing::HasSubstr("limit is 1001"));
}

}  // namespace
}  // namespace logistics::rpc
