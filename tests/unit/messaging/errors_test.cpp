#include "messaging/amqp/errors.hpp"

#include <gmock/gmock.h>

#include "fakes/status_matchers.hpp"

namespace logistics::messaging {
namespace {

using fakes::StatusIs;
using testing::HasSubstr;

TEST(MessagingErrorsTest, ChannelClosed_LeavesTheConnection_AndKeepsTheBrokersWords) {
  const absl::Status conflict = ChannelClosedError("declaring queue q", 406, "PRECONDITION_FAILED - inequivalent arg");
  EXPECT_THAT(conflict, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("declaring queue q")));
  EXPECT_THAT(conflict, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("inequivalent arg")));
  for (const int code : {403, 404, 405, 406, 501}) {
    EXPECT_FALSE(EndsConnection(ChannelClosedError("x", static_cast<std::uint16_t>(code), "y"))) << code;
  }
}

TEST(MessagingErrorsTest, ConnectionClosed_EndsIt_AndTellsWhetherItWasOurMessage) {
  EXPECT_THAT(ConnectionClosedError("x", 320, "CONNECTION_FORCED"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ConnectionClosedError("x", 403, "ACCESS_REFUSED"), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(ConnectionClosedError("x", 501, "FRAME_ERROR"), StatusIs(absl::StatusCode::kAborted));
  for (const int code : {320, 402, 403, 501, 505, 530, 540, 541}) {
    EXPECT_TRUE(EndsConnection(ConnectionClosedError("x", static_cast<std::uint16_t>(code), "y"))) << code;
  }
}

TEST(MessagingErrorsTest, LibraryError_NamesWhatWasDoneAndWhatWentWrong) {
  EXPECT_THAT(LibraryError("connecting to amqp://u@h:1/", AMQP_STATUS_HEARTBEAT_TIMEOUT),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("connecting to amqp://u@h:1/")));
  EXPECT_THAT(LibraryError("x", AMQP_STATUS_SSL_PEER_VERIFY_FAILED), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_TRUE(LibraryError("x", AMQP_STATUS_OK).ok());
}

}  // namespace
}  // namespace logistics::messaging
