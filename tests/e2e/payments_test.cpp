// What others tell of payments, and what becomes of the orders: one daemon, seen from outside.
#include <gmock/gmock.h>
#include <signal.h>

#include <map>
#include <optional>

#include "e2e/history.hpp"
#include "e2e/payments.hpp"

namespace logistics::e2e {
namespace {

using Json = nlohmann::json;
using support::Eventually;
using support::ReceivedMessage;
using testing::HasSubstr;

class PaymentsTest : public testing::Test {
 protected:
  void Start(const Flags& flags = {}) {
    world_.flags = flags;
    daemon_.emplace(world_.Serve());
    WaitUntilConsuming(*daemon_);
    product_ = AddProduct(*daemon_, 1'000);
  }
  order::OrderResponse Now(const order::OrderResponse& order) { return GetOrder(*daemon_, order.id()).order; }
  bool Becomes(const order::OrderResponse& order, order::OrderStatus status) {
    return Eventually([&] { return Now(order).status() == status; }, kPatience);
  }
  std::string Changes(const order::OrderResponse& order) {
    return world_.database
        .Query(
            "SELECT coalesce(string_agg(new_status || ' by ' || coalesce(changed_by, '-') || ': ' || "
            "coalesce(notes, '-'), ', ' ORDER BY version), '') FROM order_status_history WHERE version > 1 AND "
            "order_id = '" +
            order.id() + "'")[0][0]
        .c_str();
  }
  // Ends the daemon.
  void ExpectAllSettled() {
    ExpectConsistent(world_);
    ExpectPublishedIsHistory(world_);
    daemon_->Stop();
    ExpectNothingWaits(world_);
  }

  World world_;
  std::optional<Daemon> daemon_;
  Product product_;
};

TEST_F(PaymentsTest, ProcessedAndFailed_MoveTheirOrdersOnceHoweverOftenTheyCome) {
  Start();
  const order::OrderResponse paid = Place(*daemon_, product_);
  const order::OrderResponse unpaid = Place(*daemon_, product_);
  EXPECT_EQ(LevelOf(*daemon_, product_).reserved(), 2);
  const Json processed = ProcessedOf(paid);
  const Json failed = FailedOf(unpaid);
  Publish(world_, {processed, failed});
  EXPECT_TRUE(Becomes(paid, order::ORDER_STATUS_PROCESSING));
  EXPECT_TRUE(Becomes(unpaid, order::ORDER_STATUS_CANCELLED));
  EXPECT_EQ(LevelOf(*daemon_, product_).reserved(), 1) << "what was not paid for is for sale again";

  Json refund = WithNewId(processed);
  refund["event_type"] = "PaymentRefunded";
  Publish(world_, {processed, WithNewId(processed), failed, WithNewId(failed), refund});
  EXPECT_TRUE(Eventually([&] { return Handled(*daemon_, "done") == 6 && Handled(*daemon_, "unknown_type") == 1; }));
  EXPECT_EQ(Now(paid).version(), 2);
  EXPECT_EQ(Now(unpaid).version(), 2);
  EXPECT_EQ(Changes(paid), "processing by payments: payment " + PaymentIdOf(processed) + " was processed");
  EXPECT_EQ(Changes(unpaid), "cancelled by payments: the card was declined");
  EXPECT_EQ(PaymentCount(world_), 2);
  EXPECT_TRUE(TakeLetters(world_, 0).empty());
  ExpectAllSettled();
}

TEST_F(PaymentsTest, ContradictingOrOfNoOrder_BecomesALetterThatSaysWhatToDo) {
  Start({{"rabbitmq-retry-attempts", "2"}, {"consumers-payments-retry-delay", "10ms"}});
  std::map<std::string, std::string> reasons;  // by message_id
  std::map<std::string, order::OrderStatus> statuses;
  const auto place = [&](order::OrderStatus status) {
    order::OrderResponse order = Place(*daemon_, product_);
    statuses[order.id()] = status;
    if (status == order::ORDER_STATUS_CANCELLED) {
      EXPECT_TRUE(Cancel(*daemon_, order.id()).status.ok());
    } else if (status != order::ORDER_STATUS_PENDING) {
      EXPECT_TRUE(ChangeStatus(*daemon_, order.id(), status).status.ok());
    }
    return order;
  };
  std::vector<Json> messages;
  const auto publish = [&](Json envelope, const std::string& reason) {
    reasons[IdOf(envelope)] = reason;
    messages.push_back(std::move(envelope));
  };
  Json other_amount = ProcessedOf(place(order::ORDER_STATUS_PENDING));
  other_amount["data"]["amount"] = "19.98";
  publish(other_amount, "payment " + PaymentIdOf(other_amount) +
                            " is of 19.98 USD, the order is over 19.99 USD: have the payment corrected or given back");
  Json other_currency = ProcessedOf(place(order::ORDER_STATUS_PENDING));
  other_currency["data"]["currency"] = "EUR";
  publish(other_currency, "is of 19.99 EUR, the order is over 19.99 USD: have the payment corrected or given back");
  Json failed_amount = FailedOf(place(order::ORDER_STATUS_PENDING));
  failed_amount["data"]["amount"] = "19.98";
  publish(failed_amount, "is of 19.98 USD, the order is over 19.99 USD: ask the payment service whether it was for");
  Json failed_currency = FailedOf(place(order::ORDER_STATUS_PENDING));
  failed_currency["data"]["currency"] = "EUR";
  publish(failed_currency, "is of 19.99 EUR, the order is over 19.99 USD: ask the payment service whether it was for");
  const order::OrderResponse cancelled = place(order::ORDER_STATUS_CANCELLED);
  publish(ProcessedOf(cancelled), "came when the order was Cancelled already: give the money back, or have it ordered");
  publish(FailedOf(cancelled), "is Cancelled already: nothing is left to do, drop this message");
  publish(FailedOf(place(order::ORDER_STATUS_PROCESSING)),
          "went on without a payment and is Processing: collect the money, or cancel or take back the order");

  // It cannot come: its id is made by the daemon. So it is tried again before it is given up.
  order::OrderResponse nobodys;
  nobodys.set_id(NewUuid());
  const Json unknown = ProcessedOf(nobodys);
  publish(unknown, "given up after 3 tries: order " + nobodys.id() + " does not exist");

  const order::OrderResponse paid = place(order::ORDER_STATUS_PENDING);
  const Json right = ProcessedOf(paid);
  messages.push_back(right);
  statuses[paid.id()] = order::ORDER_STATUS_PROCESSING;
  publish(ProcessedOf(paid), "the order is paid already, with payment " + PaymentIdOf(right));
  publish(FailedOf(paid), "is Processing: ask the payment service which of the two is true");
  Json elsewhere = ProcessedOf(place(order::ORDER_STATUS_PENDING));
  elsewhere["data"]["payment_id"] = PaymentIdOf(right);

  Publish(world_, messages);
  ASSERT_TRUE(Becomes(paid, order::ORDER_STATUS_PROCESSING));
  messages.clear();
  publish(elsewhere, "is recorded for order " + paid.id() + ": ask the payment service whose it is");
  Publish(world_, messages);

  const std::vector<ReceivedMessage> letters = TakeLetters(world_, reasons.size());
  EXPECT_EQ(letters.size(), reasons.size());
  for (const ReceivedMessage& letter : letters) {
    EXPECT_THAT(letter.headers.at("x-dead-reason"), HasSubstr(reasons[letter.message_id]));
    EXPECT_EQ(letter.headers.at("x-dead-attempts"), letter.message_id == IdOf(unknown) ? "3" : "1");
    EXPECT_EQ(letter.headers.at("x-original-exchange"), "payment_events");
    EXPECT_EQ(letter.headers.at("x-original-routing-key"),
              letter.type == "PaymentFailed" ? "payment.failed" : "payment.processed");
  }
  EXPECT_TRUE(Eventually([&] {
    return DeadLettered(*daemon_, "refused") == static_cast<double>(reasons.size() - 1) &&
           DeadLettered(*daemon_, "retries_over") == 1;
  }));
  EXPECT_EQ(Handled(*daemon_, "parked"), 1);
  EXPECT_EQ(Handled(*daemon_, "put_off"), 1);
  for (const auto& [id, status] : statuses) EXPECT_EQ(GetOrder(*daemon_, id).order.status(), status);
  EXPECT_EQ(PaymentCount(world_), 1);
  ExpectAllSettled();
}

// The first that came decides, though both had to wait.
TEST_F(PaymentsTest, OrderHeldBySomebody_ItsMessagesWaitAndTakeEffectInTheirOrder) {
  Start({{"database-lock-timeout", "50ms"},
         {"rabbitmq-retry-attempts", "100"},
         {"consumers-payments-retry-delay", "10ms"}});
  const order::OrderResponse first_paid = Place(*daemon_, product_);
  const order::OrderResponse first_failed = Place(*daemon_, product_);
  const order::OrderResponse other = Place(*daemon_, product_);
  OrderLock paid_lock(world_.database, first_paid.id());
  OrderLock failed_lock(world_.database, first_failed.id());
  const std::vector<Json> messages = {ProcessedOf(first_paid), FailedOf(first_failed), FailedOf(first_paid),
                                      ProcessedOf(first_failed)};
  Publish(world_, messages);
  ASSERT_TRUE(
      Eventually([&] { return world_.database.QueryNumber("SELECT count(*) FROM inbox_waiting") == 4; }, kPatience));
  EXPECT_GE(world_.database.QueryNumber("SELECT count(*) FROM inbox_waiting WHERE last_error LIKE '% is busy'"), 2);
  Publish(world_, {ProcessedOf(other)});
  EXPECT_TRUE(Becomes(other, order::ORDER_STATUS_PROCESSING)) << "nobody else waits";
  paid_lock.Release();
  failed_lock.Release();
  EXPECT_TRUE(Becomes(first_paid, order::ORDER_STATUS_PROCESSING));
  EXPECT_TRUE(Becomes(first_failed, order::ORDER_STATUS_CANCELLED));
  std::map<std::string, std::string> reasons;
  for (const ReceivedMessage& letter : TakeLetters(world_, 2)) {
    reasons[letter.message_id] = letter.headers.at("x-dead-reason");
  }
  EXPECT_EQ(reasons.size(), 2U);
  EXPECT_THAT(reasons[IdOf(messages[2])], HasSubstr("ask the payment service which of the two is true"));
  EXPECT_THAT(reasons[IdOf(messages[3])], HasSubstr("came when the order was Cancelled already: give the money back"));
  EXPECT_EQ(PaymentCount(world_), 3);
  ExpectAllSettled();
}

}  // namespace
}  // namespace logistics::e2e
