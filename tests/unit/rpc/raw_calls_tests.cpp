// Requests that cannot be read, and calls of what is not there: each is answered, counted and logged like every other.
#include "fakes/eventually.hpp"
#include "google/rpc/error_details.pb.h"
#include "unit/rpc/details.hpp"
#include "unit/rpc/raw_client.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using google::rpc::BadRequest;
using google::rpc::ErrorInfo;
using google::rpc::RetryInfo;
using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kCreateOrder[] = "/order.OrderService/CreateOrder";

std::string Field(int number, const std::string& bytes) {
  EXPECT_LT(number, 16);
  EXPECT_LT(bytes.size(), 128U);
  return {std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes};
}

std::vector<std::string> FieldsOf(const grpc::Status& status) {
  std::vector<std::string> fields;
  const BadRequest bad = DetailOf<BadRequest>(status).value_or(BadRequest());
  for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  return fields;
}

class RawCallsTest : public ServerFixture {
 protected:
  // With a correlation id, by which the call's lines are found.
  static void Name(grpc::ClientContext& context, const std::string& correlation_id) {
    context.AddMetadata("x-correlation-id", correlation_id);
  }
  void ExpectOneLine(const std::string& correlation_id, const std::string& method, const std::string& code) {
    std::vector<RecordingLog::Line> found;
    const auto logged = [&] {
      found.clear();
      for (const RecordingLog::Line& line : log_.Lines()) {
        const auto id = line.fields.find("correlation_id");
        if (id != line.fields.end() && id->second == correlation_id) found.push_back(line);
      }
      return !found.empty();
    };
    ASSERT_TRUE(fakes::Eventually(logged)) << correlation_id;
    ASSERT_EQ(found.size(), 1U) << correlation_id;
    EXPECT_EQ(found[0].fields.at("method"), method);
    EXPECT_EQ(found[0].fields.at("code"), code);
    EXPECT_NE(found[0].fields.at("error"), "");
  }
  double Counted(const std::string& method, const std::string& code) {
    return metrics_.Value("logistics_rpc_total{code=" + code + ",method=" + method + "}");
  }
};

TEST_F(RawCallsTest, TextsThatAreNoUtf8_AreNamedByTheirFields) {
  Start();
  testing::internal::CaptureStderr();
  grpc::ClientContext context;
  Name(context, "utf8-1");
  const std::string item = Field(2, "fine") + Field(6, "\xC3(");
  const grpc::Status status = CallRaw(
      *channel_, kCreateOrder,
      Field(2, Field(2, "fine")) + Field(2, item) + Field(3, Field(3, "Gra\xFFz")) + Field(5, "\xED\xA0\x80"), context);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("items[1].sku", "shipping_info.city", "notes"));
  EXPECT_THAT(status.error_message(), HasSubstr("not valid UTF-8"));
  EXPECT_EQ(TrailingValue(context, "x-correlation-id"), "utf8-1");
  ExpectOneLine("utf8-1", "order.OrderService/CreateOrder", "INVALID_ARGUMENT");
  EXPECT_EQ(Counted("order.OrderService/CreateOrder", "INVALID_ARGUMENT"), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(RawCallsTest, EveryService_RefusesBytesThatAreNoMessage) {
  Start();
  int i = 0;
  for (const char* method : {"order.OrderService/GetOrder", "inventory.InventoryService/AdjustInventory",
                             "logistics.admin.AdminService/ListWaitingMessages"}) {
    grpc::ClientContext context;
    const std::string id = absl::StrCat("bytes-", ++i);
    Name(context, id);
    const grpc::Status status = CallRaw(*channel_, absl::StrCat("/", method), "\x0A\x7F cut", context);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("no well-formed"));
    ExpectOneLine(id, method, "INVALID_ARGUMENT");
    EXPECT_EQ(Counted(method, "INVALID_ARGUMENT"), 1);
  }
}

TEST_F(RawCallsTest, Streams_RefuseWhatTheyCannotRead) {
  Start();
  int i = 0;
  for (const char* method :
       {"order.OrderService/StreamOrderUpdates", "inventory.InventoryService/StreamInventoryUpdates"}) {
    grpc::ClientContext context;
    const std::string id = absl::StrCat("stream-", ++i);
    Name(context, id);
    const grpc::Status status = StreamRaw(*channel_, absl::StrCat("/", method), Field(1, "\xFF"), context);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(FieldsOf(status).size(), 1U);
    ExpectOneLine(id, method, "INVALID_ARGUMENT");
    EXPECT_EQ(Counted(method, "INVALID_ARGUMENT"), 1);
  }
}

TEST_F(RawCallsTest, MessageOverTheLimit_IsRefusedWithBothSizesAndNoRetryHint) {
  options_.message_bytes_max = 4096;
  Start();
  grpc::ClientContext context;
  Name(context, "large-1");
  const grpc::Status status = CallRaw(*channel_, kCreateOrder, std::string(6000, 'n'), context);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), testing::AllOf(HasSubstr("6000"), HasSubstr("4096")));
  ASSERT_TRUE(DetailOf<ErrorInfo>(status));
  EXPECT_EQ(DetailOf<ErrorInfo>(status)->reason(), "MESSAGE_TOO_LARGE");
  EXPECT_FALSE(DetailOf<RetryInfo>(status));
  ExpectOneLine("large-1", "order.OrderService/CreateOrder", "RESOURCE_EXHAUSTED");
  EXPECT_EQ(Counted("order.OrderService/CreateOrder", "RESOURCE_EXHAUSTED"), 1);
  // One at the limit is read.
  grpc::ClientContext at_limit;
  ::order::CreateOrderRequest request;
  request.set_notes(std::string(4096 - 3, 'n'));
  ASSERT_EQ(request.ByteSizeLong(), 4096U);
  EXPECT_EQ(CallRaw(*channel_, kCreateOrder, request.SerializeAsString(), at_limit).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(RawCallsTest, UnknownMethods_AreUnimplementedByName) {
  Start();
  int i = 0;
  for (const std::string method : {"order.OrderService/Fly", "nobody.Service/Get", "order.OrderService"}) {
    grpc::ClientContext context;
    const std::string id = absl::StrCat("unknown-", ++i);
    Name(context, id);
    const grpc::Status status = CallRaw(*channel_, "/" + method, "", context);
    EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED);
    EXPECT_THAT(status.error_message(), HasSubstr(method));
    EXPECT_EQ(TrailingValue(context, "x-correlation-id"), id);
    ExpectOneLine(id, method, "UNIMPLEMENTED");
    EXPECT_EQ(Counted("unknown", "UNIMPLEMENTED"), i);
  }
}

TEST_F(RawCallsTest, MethodNamesOfCallers_CannotFillTheLog) {
  Start();
  grpc::ClientContext context;
  Name(context, "long-1");
  CallRaw(*channel_, "/" + std::string(3000, 'x') + "/y", "", context);
  ExpectOneLine("long-1", std::string(128, 'x'), "UNIMPLEMENTED");
}

TEST_F(RawCallsTest, BeforeOpen_CallsAndStreamsAreToldToComeAgain) {
  order_updates_ = std::make_unique<service::OrderUpdates>(order_log_, metrics_, order_updates_options_);
  server_ = std::make_unique<Server>(options_, Async(), orders_service_, *order_updates_, &inventory_service_,
                                     &stock_updates_, ids_, clock_, metrics_, log_, nullptr, &inbox_);
  ASSERT_OK_AND_ASSIGN(port_, server_->Start());
  channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials());
  for (int open = 0; open < 2; ++open) {
    grpc::ClientContext context;
    const grpc::Status call = CallRaw(*channel_, "/order.OrderService/GetOrder", "", context);
    grpc::ClientContext stream_context;
    const grpc::Status stream =
        StreamRaw(*channel_, "/order.OrderService/StreamOrderUpdates", Field(3, "no token"), stream_context);
    if (open == 0) {
      EXPECT_EQ(call.error_code(), StatusCode::UNAVAILABLE);
      EXPECT_TRUE(DetailOf<RetryInfo>(call));
      EXPECT_EQ(stream.error_code(), StatusCode::UNAVAILABLE);
      EXPECT_TRUE(DetailOf<RetryInfo>(stream));
      server_->Open();
    } else {
      EXPECT_EQ(call.error_code(), StatusCode::INVALID_ARGUMENT);
      EXPECT_EQ(stream.error_code(), StatusCode::INVALID_ARGUMENT);
    }
  }
}

}  // namespace
}  // namespace logistics::rpc
