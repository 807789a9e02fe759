#include "rpc/call/call_scope.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <thread>

#include "fakes/eventually.hpp"
#include "google/rpc/error_details.pb.h"
#include "unit/rpc/details.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class CallScopeTest : public ServerFixture {};

TEST_F(CallScopeTest, CorrelationId_OfTheCaller_GoesIntoTheCallAndBack) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata("x-correlation-id", "checkout 42");
  context.AddMetadata("traceparent", kTraceparent);
  Get(kUnknownId, context);
  EXPECT_EQ(TrailingValue(context, "x-correlation-id"), "checkout 42");
  EXPECT_EQ(gate_.LastContext()->correlation_id, "checkout 42");
  EXPECT_EQ(gate_.LastContext()->traceparent, kTraceparent);
}

TEST_F(CallScopeTest, CorrelationId_MissingOrTooLong_IsMade) {
  Start();
  for (const std::size_t length : {0, 129}) {
    grpc::ClientContext context;
    if (length > 0) context.AddMetadata("x-correlation-id", std::string(length, 'x'));
    Get(kUnknownId, context);
    const std::string id = TrailingValue(context, "x-correlation-id");
    EXPECT_TRUE(domain::Uuid::Parse(id).has_value()) << id;
    EXPECT_EQ(gate_.LastContext()->correlation_id, id);
    EXPECT_EQ(gate_.LastContext()->traceparent, "");
  }
}

TEST(TraceparentTest, OnlyWellFormedOnesAreTaken) {
  EXPECT_TRUE(IsWellFormedTraceparent(kTraceparent));
  for (const char* bad : {
           "",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",      // no flags
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // forbidden version
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",   // no trace
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",   // no parent
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",   // upper case
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",   // no dash
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",  // too long
       }) {
    EXPECT_FALSE(IsWellFormedTraceparent(bad)) << bad;
  }
}

TEST_F(CallScopeTest, Deadline_IsTheCallersWithinTheBounds) {
  options_.default_deadline = absl::Hours(1);
  options_.max_deadline = absl::Hours(2);
  Start();
  const absl::Time before = absl::Now();
  grpc::ClientContext without;
  Get(kUnknownId, without);
  EXPECT_GE(gate_.LastContext()->deadline, before + absl::Hours(1));
  EXPECT_LE(gate_.LastContext()->deadline, absl::Now() + absl::Hours(1));

  grpc::ClientContext given;
  given.set_deadline(absl::ToChronoTime(before + absl::Minutes(90)));
  Get(kUnknownId, given);
  EXPECT_GT(gate_.LastContext()->deadline, before + absl::Minutes(89));
  EXPECT_LT(gate_.LastContext()->deadline, before + absl::Minutes(91));

  grpc::ClientContext too_long;
  too_long.set_deadline(absl::ToChronoTime(before + absl::Hours(24)));
  Get(kUnknownId, too_long);
  EXPECT_LE(gate_.LastContext()->deadline, absl::Now() + absl::Hours(2));
}

TEST_F(CallScopeTest, CallWhoseCallerHasGone_SaysSo) {
  calls_block_ = true;  // others do not ask
  Start();
  gate_.Close();
  grpc::ClientContext context;
  std::thread caller([&] { EXPECT_EQ(Get(kUnknownId, context).error_code(), grpc::StatusCode::CANCELLED); });
  gate_.WaitForWaiting(1);
  const std::function<bool()> cancelled = gate_.LastContext()->cancelled;
  EXPECT_FALSE(cancelled());
  context.TryCancel();
  EXPECT_TRUE(fakes::Eventually(cancelled, absl::Seconds(30)));
  caller.join();
  gate_.Open();
}

TEST_F(CallScopeTest, EveryCall_IsCountedAndIsOneLine) {
  Start();
  AddProduct("sku-1", 3);
  const std::size_t before = log_.Lines().size();
  const ::order::OrderResponse order = PlaceOrder(OrderOf("sku-1", 1, 1));
  grpc::ClientContext context;
  context.AddMetadata("x-correlation-id", "id-7");
  Get(kUnknownId, context);

  const auto lines = log_.Lines();
  ASSERT_THAT(lines, SizeIs(before + 2));
  const RecordingLog::Line& created = lines[before];
  EXPECT_EQ(created.level, ports::LogLevel::kInfo);
  EXPECT_EQ(created.fields.at("method"), "order.OrderService/CreateOrder");
  EXPECT_EQ(created.fields.at("code"), "OK");
  EXPECT_EQ(created.fields.at("order_id"), order.id());
  EXPECT_EQ(created.fields.count("error"), 0u);
  EXPECT_EQ(created.fields.count("ms"), 1u);
  const RecordingLog::Line& missed = lines[before + 1];
  EXPECT_EQ(missed.fields.at("code"), "NOT_FOUND");
  EXPECT_EQ(missed.fields.at("correlation_id"), "id-7");
  EXPECT_EQ(missed.fields.at("order_id"), kUnknownId);
  EXPECT_THAT(missed.fields.at("error"), HasSubstr(kUnknownId));

  EXPECT_EQ(metrics_.Value("logistics_rpc_total{code=OK,method=order.OrderService/CreateOrder}"), 1);
  EXPECT_EQ(metrics_.Value("logistics_rpc_total{code=NOT_FOUND,method=order.OrderService/GetOrder}"), 1);
  EXPECT_EQ(metrics_.Value("logistics_rpc_seconds{method=order.OrderService/GetOrder}"), 1);
}

TEST_F(CallScopeTest, InternalError_IsToldToTheLogOnly) {
  Start();
  store_.FailWith(absl::InternalError("relation orders has no column colour"));
  grpc::ClientContext context;
  const grpc::Status status = Get(kUnknownId, context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  const std::string id = TrailingValue(context, "x-correlation-id");
  EXPECT_EQ(status.error_message(), "internal error, correlation id " + id);
  EXPECT_THAT(status.error_details(), Not(HasSubstr("colour")));
  const RecordingLog::Line line = log_.Lines().back();
  EXPECT_EQ(line.level, ports::LogLevel::kError);
  EXPECT_EQ(line.fields.at("correlation_id"), id);
  EXPECT_EQ(line.fields.at("error"), "relation orders has no column colour");
}

TEST_F(CallScopeTest, OneCallTooMany_IsRefusedWithRetryInfoAndLaterOnesAreServed) {
  options_.calls_max = 1;
  Start();
  gate_.Close();
  std::thread first([this] {
    grpc::ClientContext context;
    EXPECT_EQ(Get(kUnknownId, context).error_code(), grpc::StatusCode::NOT_FOUND);
  });
  gate_.WaitForWaiting(1);
  EXPECT_EQ(metrics_.Value("logistics_rpc_in_flight"), 1);

  grpc::ClientContext context;
  const grpc::Status refused = Get(kUnknownId, context);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(refused).has_value());
  EXPECT_NE(TrailingValue(context, "x-correlation-id"), "");

  gate_.Open();
  first.join();
  server_->Shutdown(absl::Now() + absl::Seconds(30));  // every handler has left
  EXPECT_EQ(metrics_.Value("logistics_rpc_in_flight"), 0);
}

TEST_F(CallScopeTest, ManyCalls_LeaveTheGaugeAtZero) {
  Start();
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this] {
      for (int calls = 0; calls < 50; ++calls) {
        grpc::ClientContext context;
        Get(kUnknownId, context);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  EXPECT_EQ(metrics_.Value("logistics_rpc_in_flight"), 0);
  EXPECT_EQ(metrics_.Value("logistics_rpc_total{code=NOT_FOUND,method=order.OrderService/GetOrder}"), 400);
}

}  // namespace
}  // namespace logistics::rpc
