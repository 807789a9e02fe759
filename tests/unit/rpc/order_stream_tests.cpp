// StreamOrderUpdates over a real connection.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fakes/eventually.hpp"
#include "google/rpc/error_details.pb.h"
#include "unit/rpc/details.hpp"
#include "unit/rpc/server_fixture.hpp"
#include "unit/rpc/stream_reader.hpp"

namespace logistics::rpc {
namespace {

using domain::OrderStatus;
using ::order::OrderStatusEvent;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr char kOrderStream[] = "order.OrderService/StreamOrderUpdates";

class OrderReader : public StreamReader<OrderStatusEvent> {
 public:
  explicit OrderReader(int port, const ::order::StreamOrderUpdatesRequest& request = {})
      : StreamReader(port, [&request](const auto& channel, grpc::ClientContext& context) {
          return ::order::OrderService::NewStub(channel)->StreamOrderUpdates(&context, request);
        }) {}

  // The next event of an order; an empty one at the end.
  OrderStatusEvent ReadOrder() {
    OrderStatusEvent event;
    while (Read(event)) {
      if (!event.resume_token().empty()) token_ = event.resume_token();
      if (!event.order_id().empty()) return event;
    }
    return {};
  }
  // Returns when the stream has begun: later commits are emitted.
  void ReadFirstToken() {
    OrderStatusEvent event;
    ASSERT_TRUE(Read(event));
    ASSERT_THAT(event.order_id(), IsEmpty());
    token_ = event.resume_token();
    ASSERT_THAT(token_, Not(IsEmpty()));
  }
  // Of what was read last.
  const std::string& token() const { return token_; }

 private:
  std::string token_;
};

::order::StreamOrderUpdatesRequest FromToken(const std::string& token) {
  ::order::StreamOrderUpdatesRequest request;
  request.set_resume_token(token);
  return request;
}

// "resume-token: " and what follows it.
std::string TokenInMessage(const grpc::Status& status) {
  constexpr char kWord[] = "resume-token: ";
  const std::size_t at = status.error_message().find(kWord);
  return at == std::string::npos ? "" : status.error_message().substr(at + sizeof kWord - 1);
}

class OrderStreamTest : public ServerFixture {
 protected:
  void Append(const domain::OrderId& order, std::int64_t version, OrderStatus previous, OrderStatus status,
              const std::string& notes = "") {
    order_log_.Append({{order, customer_, version, previous, status, notes}});
  }
  void Create(const domain::OrderId& order) { Append(order, 1, OrderStatus::kUnknown, OrderStatus::kPending); }
  // More than a connection takes up: versions from 2 on, in a commit each.
  void AppendMuch() {
    const std::string notes(4'000, 'n');
    for (int i = 0; i < kMany; ++i) Append(order_, i + 2, OrderStatus::kPending, OrderStatus::kPending, notes);
    order_updates_->Wake();
  }
  double OpenStreams() { return metrics_.Value(absl::StrCat("logistics_rpc_streams{method=", kOrderStream, "}")); }
  double EndedWith(const std::string& code) {
    return metrics_.Value(absl::StrCat("logistics_rpc_total{code=", code, ",method=", kOrderStream, "}"));
  }

  static constexpr int kMany = 5'000;
  const domain::CustomerId customer_{ids_.NewId()};
  const domain::OrderId order_{ids_.NewId()};
  const domain::OrderId other_{ids_.NewId()};
};

TEST_F(OrderStreamTest, Changes_CarryEveryField) {
  Start();
  OrderReader reader(port_);
  reader.ReadFirstToken();
  Create(order_);
  clock_.Advance(absl::Seconds(3));
  Append(order_, 2, OrderStatus::kPending, OrderStatus::kProcessing, "picked");
  const OrderStatusEvent created = reader.ReadOrder();
  EXPECT_EQ(created.order_id(), order_.ToString());
  EXPECT_EQ(created.customer_id(), customer_.ToString());
  EXPECT_EQ(created.previous_status(), ::order::ORDER_STATUS_UNKNOWN);
  EXPECT_EQ(created.new_status(), ::order::ORDER_STATUS_PENDING);
  EXPECT_EQ(created.version(), 1);
  EXPECT_TRUE(domain::Uuid::Parse(created.event_id()));
  EXPECT_THAT(created.resume_token(), Not(IsEmpty()));
  const OrderStatusEvent changed = reader.ReadOrder();
  EXPECT_EQ(changed.previous_status(), ::order::ORDER_STATUS_PENDING);
  EXPECT_EQ(changed.new_status(), ::order::ORDER_STATUS_PROCESSING);
  EXPECT_EQ(changed.version(), 2);
  EXPECT_EQ(changed.notes(), "picked");
  EXPECT_NE(changed.event_id(), created.event_id());
  EXPECT_NE(changed.resume_token(), created.resume_token());
  EXPECT_EQ(changed.timestamp().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(OrderStreamTest, SilentStream_GetsTokensWithTheTimeAndNothingElse) {
  order_updates_options_.heartbeat = absl::Milliseconds(20);
  Start();
  OrderReader reader(port_);
  for (int i = 0; i < 3; ++i) {
    OrderStatusEvent event;
    ASSERT_TRUE(reader.Read(event));
    EXPECT_THAT(event.resume_token(), Not(IsEmpty()));
    EXPECT_EQ(event.timestamp().seconds(), absl::ToUnixSeconds(clock_.Now()));
    event.clear_resume_token();
    event.clear_timestamp();
    EXPECT_EQ(event.ByteSizeLong(), 0U) << event.ShortDebugString();
  }
}

TEST_F(OrderStreamTest, Snapshot_IsTheOrdersAsTheyStandAndThenWhatChanges) {
  Create(order_);
  Append(order_, 2, OrderStatus::kPending, OrderStatus::kCancelled, "changed my mind");
  Create(other_);
  Start();
  ::order::StreamOrderUpdatesRequest request;
  request.set_include_snapshot(true);
  OrderReader reader(port_, request);
  std::vector<std::string> orders;
  for (int i = 0; i < 2; ++i) {
    const OrderStatusEvent event = reader.ReadOrder();
    orders.push_back(event.order_id());
    EXPECT_EQ(event.previous_status(), ::order::ORDER_STATUS_UNKNOWN);
    EXPECT_EQ(event.version(), event.order_id() == order_.ToString() ? 2 : 1);
    EXPECT_THAT(event.resume_token(), IsEmpty());
  }
  EXPECT_THAT(orders, UnorderedElementsAre(order_.ToString(), other_.ToString()));
  reader.ReadFirstToken();
  Append(other_, 2, OrderStatus::kPending, OrderStatus::kProcessing);
  const OrderStatusEvent change = reader.ReadOrder();
  EXPECT_EQ(change.previous_status(), ::order::ORDER_STATUS_PENDING);
  EXPECT_EQ(change.version(), 2);
}

TEST_F(OrderStreamTest, Scopes_EmitNothingElse) {
  Start();
  ::order::StreamOrderUpdatesRequest one_customer;
  one_customer.set_customer_id(customer_.ToString());
  ::order::StreamOrderUpdatesRequest one_order;
  one_order.set_order_id(other_.ToString());
  Create(other_);
  OrderReader customers(port_, one_customer);
  OrderReader orders(port_, one_order);
  customers.ReadFirstToken();
  orders.ReadFirstToken();
  const domain::CustomerId stranger(ids_.NewId());
  order_log_.Append({{domain::OrderId(ids_.NewId()), stranger}});
  Create(order_);
  Append(other_, 2, OrderStatus::kPending, OrderStatus::kProcessing);
  EXPECT_EQ(customers.ReadOrder().order_id(), order_.ToString());
  EXPECT_EQ(customers.ReadOrder().order_id(), other_.ToString());
  EXPECT_EQ(orders.ReadOrder().version(), 2);
}

TEST_F(OrderStreamTest, Resume_GoesOnBehindTheToken) {
  Start();
  std::string token;
  {
    OrderReader reader(port_);
    reader.ReadFirstToken();
    Create(order_);
    EXPECT_EQ(reader.ReadOrder().version(), 1);
    token = reader.token();
  }
  Append(order_, 2, OrderStatus::kPending, OrderStatus::kProcessing);
  OrderReader reader(port_, FromToken(token));
  EXPECT_EQ(reader.ReadOrder().version(), 2);
}

TEST_F(OrderStreamTest, BadRequest_IsInvalidArgumentNamingAll) {
  Start();
  ::order::StreamOrderUpdatesRequest request;
  request.set_customer_id("me");
  request.set_resume_token("yesterday");
  OrderReader reader(port_, request);
  const grpc::Status status = reader.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto details = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(details);
  std::vector<std::string> fields;
  for (const auto& violation : details->field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, UnorderedElementsAre("customer_id", "resume_token"));
  EXPECT_NE(TrailingValue(reader.context(), "x-correlation-id"), "");
  EXPECT_EQ(OpenStreams(), 0);
}

TEST_F(OrderStreamTest, TokenOfALostFuture_IsOutOfRange) {
  Start();
  std::string token;
  {
    OrderReader reader(port_);
    reader.ReadFirstToken();
    Create(order_);
    reader.ReadOrder();
    token = reader.token();
  }
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  order_log_.RestoreTo(0);
  Start();
  OrderReader reader(port_, FromToken(token));
  const grpc::Status status = reader.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("include_snapshot"));
}

TEST_F(OrderStreamTest, CallerThatGoes_LeavesItsPlaceToTheNext) {
  order_updates_options_.streams_max = 1;
  Start();
  {
    OrderReader reader(port_);
    reader.ReadFirstToken();
    OrderReader refused(port_);
    const grpc::Status status = refused.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(status));
  }
  ASSERT_TRUE(fakes::Eventually([this] { return EndedWith("CANCELLED") == 1; }));
  ASSERT_TRUE(fakes::Eventually([this] {
    OrderReader reader(port_);
    OrderStatusEvent event;
    return reader.Read(event);
  }));
}

TEST_F(OrderStreamTest, ReaderThatDoesNotRead_IsEndedAndGoesOnWithTheTokenOfItsMessage) {
  order_updates_options_.idle_write_timeout = absl::Milliseconds(200);
  order_updates_options_.buffer = 16;
  Start();
  OrderReader slow(port_);
  slow.ReadFirstToken();
  AppendMuch();
  ASSERT_TRUE(fakes::Eventually([this] { return EndedWith("RESOURCE_EXHAUSTED") == 1; }));
  std::int64_t version = 1;
  for (OrderStatusEvent event; slow.Read(event);) EXPECT_EQ(event.version(), ++version);
  // Neither sent nor kept: what it did not take.
  EXPECT_LT(version, kMany);
  const grpc::Status status = slow.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  OrderReader again(port_, FromToken(TokenInMessage(status)));
  std::int64_t next = again.ReadOrder().version();
  EXPECT_LE(next, version + 1);  // at least once
  while (next < kMany + 1) ASSERT_EQ(again.ReadOrder().version(), ++next);
}

TEST_F(OrderStreamTest, Stop_EndsAllWithUnavailableAndTheirTokens) {
  Start();
  std::vector<std::unique_ptr<OrderReader>> readers;
  for (int i = 0; i < 20; ++i) {
    readers.push_back(std::make_unique<OrderReader>(port_));
    readers.back()->ReadFirstToken();
  }
  Create(order_);
  for (const auto& reader : readers) EXPECT_EQ(reader->ReadOrder().version(), 1);
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  for (const auto& reader : readers) {
    const grpc::Status status = reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(status));
  }
  const std::string token = TrailingValue(readers.front()->context(), "resume-token");
  Append(order_, 2, OrderStatus::kPending, OrderStatus::kProcessing);
  Start();
  OrderReader reader(port_, FromToken(token));
  EXPECT_EQ(reader.ReadOrder().version(), 2);
}

TEST_F(OrderStreamTest, Shutdown_EndsAReaderThatDoesNotReadToo) {
  Start();
  OrderReader slow(port_);
  slow.ReadFirstToken();
  AppendMuch();
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  EXPECT_EQ(OpenStreams(), 0);
  const grpc::Status status = slow.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
}

}  // namespace
}  // namespace logistics::rpc
