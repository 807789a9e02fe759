#include "messaging/consumer/order_lanes.hpp"

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {
namespace {

class OrderLanesTest : public testing::Test {
 protected:
  OrderLanesTest() { lanes_.BeginSession(1); }

  void Add(std::uint64_t order, std::uint64_t tag, std::uint64_t session = 1) {
    auto task = std::make_unique<InboundTask>();
    task->session = session;
    task->order_id = PaidOrder(order);
    task->delivery.tag = tag;
    lanes_.Add(std::move(task));
  }
  std::uint64_t TakeTag() { return lanes_.Take()->delivery.tag; }

  OrderLanes lanes_;
};

TEST_F(OrderLanesTest, MessagesOfOneOrder_AreGivenOutOneAfterTheOther) {
  Add(1, 11);
  Add(1, 12);
  Add(2, 21);
  EXPECT_EQ(TakeTag(), 11U);
  EXPECT_EQ(TakeTag(), 21U) << "the second of order 1 waits for the first";
  lanes_.Done(PaidOrder(1));
  EXPECT_EQ(TakeTag(), 12U);
  EXPECT_EQ(lanes_.waiting(), 0U);
}

TEST_F(OrderLanesTest, PutBack_IsTheFirstOfItsOrderAgain_AndNothingGoesOutUntilResume) {
  Add(1, 11);
  Add(1, 12);
  Add(2, 21);
  std::unique_ptr<InboundTask> task = lanes_.Take();
  lanes_.PutBack(std::move(task));
  std::future<std::uint64_t> next = std::async(std::launch::async, [this] { return TakeTag(); });
  EXPECT_EQ(next.wait_for(std::chrono::milliseconds(30)), std::future_status::timeout);
  lanes_.Resume();
  EXPECT_EQ(next.get(), 11U);
  EXPECT_EQ(TakeTag(), 21U);
}

TEST_F(OrderLanesTest, NewSession_ForgetsWhatWaits_AndWaitsForWhatIsInWork) {
  Add(1, 11);
  Add(2, 21);
  EXPECT_EQ(TakeTag(), 11U);
  lanes_.BeginSession(2);
  EXPECT_EQ(lanes_.waiting(), 0U);
  Add(2, 22, /*session=*/1);
  EXPECT_EQ(lanes_.waiting(), 0U) << "of a connection that is gone";
  Add(1, 1, 2);
  Add(2, 2, 2);
  EXPECT_EQ(TakeTag(), 2U) << "order 1 is still in work";
  lanes_.Done(PaidOrder(1));
  EXPECT_EQ(TakeTag(), 1U);
}

TEST_F(OrderLanesTest, PutBackOfAnEarlierSession_IsForgotten) {
  Add(1, 11);
  std::unique_ptr<InboundTask> task = lanes_.Take();
  lanes_.BeginSession(2);
  Add(1, 1, 2);
  lanes_.PutBack(std::move(task));
  lanes_.Resume();
  EXPECT_EQ(lanes_.waiting(), 1U);
  EXPECT_EQ(TakeTag(), 1U);
}

TEST_F(OrderLanesTest, Close_EndsThoseWhoWait) {
  std::future<bool> next = std::async(std::launch::async, [this] { return lanes_.Take() == nullptr; });
  lanes_.Close();
  EXPECT_TRUE(next.get());
  Add(1, 11);
  EXPECT_EQ(lanes_.Take(), nullptr);
}

}  // namespace
}  // namespace logistics::messaging
