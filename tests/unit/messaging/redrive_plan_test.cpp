#include "messaging/dead_letters/redrive_plan.hpp"

#include <gmock/gmock.h>

#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kNoOrder = 0;

// Letters as they lie in a queue: of an order (0 = none), with its event's second (negative = none).
class RedrivePlanTest : public testing::Test {
 protected:
  void Lies(std::uint64_t order, int second, const std::string& reason = "why",
            const std::string& type = "PaymentFailed") {
    Letter letter;
    letter.position = letters_.size();
    if (order != kNoOrder) letter.order_id = domain::OrderId(UuidOf(order, 3));
    if (second >= 0) letter.timestamp = absl::FromUnixSeconds(second);
    letter.reason = reason;
    letter.event_type = type;
    letters_.push_back(letter);
  }

  std::vector<Letter> letters_;
  LetterFilter filter_;
};

TEST_F(RedrivePlanTest, Nothing_IsAPlanOfNothing) {
  EXPECT_THAT(PlanRedrive({}, filter_).chosen, IsEmpty());
  EXPECT_THAT(SelectLetters({}, filter_), IsEmpty());
}

TEST_F(RedrivePlanTest, WithoutOrders_IsTheOrderOfTheQueue) {
  Lies(kNoOrder, 9);
  Lies(kNoOrder, 3);
  Lies(kNoOrder, -1);
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(0, 1, 2));
}

TEST_F(RedrivePlanTest, OneOrder_GoesByItsEventsTimes_NotByWhenItsLettersDied) {
  Lies(1, 20);
  Lies(2, 5);
  Lies(1, 30);
  Lies(1, 10);  // was redriven, died again
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(3, 1, 0, 2)) << "the others keep their places";
}

TEST_F(RedrivePlanTest, SameTime_GoesByPosition) {
  Lies(1, 10);
  Lies(1, 10);
  Lies(1, 9);
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(2, 0, 1));
}

TEST_F(RedrivePlanTest, LetterWithoutTime_GoesWithTheOneOfItsOrderBeforeIt) {
  Lies(1, 20);
  Lies(1, -1);
  Lies(1, 30);
  Lies(1, 10);
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(3, 0, 1, 2));
  letters_.clear();
  Lies(1, -1);
  Lies(1, 10);
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(0, 1)) << "first where none is before it";
}

TEST_F(RedrivePlanTest, EachConditionSelects) {
  Lies(1, 1, "amount is 5.00", "PaymentFailed");
  Lies(2, 2, "amount is 6.00", "PaymentProcessed");
  Lies(3, 3, "currency is EUR", "PaymentProcessed");
  filter_.reason = "amount";
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(0, 1));
  filter_.event_type = "PaymentProcessed";
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(1));
  EXPECT_THAT(SelectLetters(letters_, filter_), ElementsAre(1));
  filter_ = {};
  filter_.order_id = letters_[2].order_id;
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(2));
}

TEST_F(RedrivePlanTest, BehindOneThatIsNotSelected_ItsOrderIsLeft) {
  Lies(1, 1, "bad");
  Lies(1, 2, "good");
  Lies(2, 3, "good");
  Lies(1, 4, "good");
  Lies(kNoOrder, 1, "bad");
  Lies(kNoOrder, 2, "good");
  filter_.reason = "good";
  const RedrivePlan plan = PlanRedrive(letters_, filter_);
  EXPECT_THAT(plan.chosen, ElementsAre(2, 5)) << "what has no order waits for nobody";
  EXPECT_THAT(plan.left, ElementsAre(1, 3));
  EXPECT_THAT(SelectLetters(letters_, filter_), ElementsAre(1, 2, 3, 5)) << "dropping disturbs nobody";
}

TEST_F(RedrivePlanTest, EarlierMeansOfTheEvent_NotOfThePlace) {
  Lies(1, 20, "good");
  Lies(1, 10, "bad");
  filter_.reason = "good";
  const RedrivePlan plan = PlanRedrive(letters_, filter_);
  EXPECT_THAT(plan.chosen, IsEmpty());
  EXPECT_THAT(plan.left, ElementsAre(0));
}

TEST_F(RedrivePlanTest, Limit_TakesTheFirstOfEachOrder) {
  Lies(1, 20);
  Lies(2, 1);
  Lies(1, 10);
  filter_.limit = 2;
  EXPECT_THAT(PlanRedrive(letters_, filter_).chosen, ElementsAre(2, 1));
  EXPECT_THAT(PlanRedrive(letters_, filter_).left, IsEmpty()) << "the rest waits for the next command";
  EXPECT_THAT(SelectLetters(letters_, filter_), ElementsAre(0, 1));
}

}  // namespace
}  // namespace logistics::messaging
