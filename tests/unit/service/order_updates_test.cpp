#include "logistics/service/streams/order_updates.hpp"

#include "fakes/bad_fields.hpp"
#include "fakes/eventually.hpp"
#include "logistics/domain/errors.hpp"
#include "unit/service/order_updates_fixture.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::HasSubstr;

TEST_F(OrderUpdatesTest, NewStream_GetsATokenAtOnceAndThenWhatChanges) {
  const domain::OrderId order = NewOrder();
  Change(order, 1);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  const std::optional<OrderUpdate> first = reader.NextMessage();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->change, nullptr);
  EXPECT_NE(first->resume_token, "");

  Commit({{order, customer_, 2, domain::OrderStatus::kPending, domain::OrderStatus::kShipped, "by hand"}});
  const std::optional<OrderUpdate> second = reader.NextMessage();
  ASSERT_TRUE(second.has_value());
  ASSERT_NE(second->change, nullptr);
  EXPECT_EQ(second->change->place.order_id, order);
  EXPECT_EQ(second->change->place.version, 2);
  EXPECT_EQ(second->change->customer_id, customer_);
  EXPECT_EQ(second->change->previous, domain::OrderStatus::kPending);
  EXPECT_EQ(second->change->status, domain::OrderStatus::kShipped);
  EXPECT_EQ(second->change->notes, "by hand");
  EXPECT_FALSE(second->snapshot);
}

TEST_F(OrderUpdatesTest, Scopes_GetOnlyTheirChanges) {
  const domain::OrderId mine = NewOrder();
  const domain::OrderId also_mine = NewOrder();
  const domain::OrderId other = NewOrder();
  const domain::CustomerId somebody = NewCustomer();
  Change(mine, 1);
  FeedReader all(updates());
  FeedReader of_customer(updates());
  FeedReader of_order(updates());
  ASSERT_THAT(all.Subscribe(), IsOk());
  ASSERT_THAT(of_customer.Subscribe({.customer_id = customer_.ToString()}), IsOk());
  ASSERT_THAT(of_order.Subscribe({.order_id = mine.ToString()}), IsOk());
  for (FeedReader* reader : {&all, &of_customer, &of_order}) ASSERT_TRUE(reader->NextMessage().has_value());

  Commit({{other, somebody, 1}, {also_mine, customer_, 7}, {mine, customer_, 2}});
  Change(mine, 3);
  EXPECT_EQ(all.NextVersions(4), "2 7 1 3");  // within a commit by order
  EXPECT_EQ(of_customer.NextVersions(3), "2 7 3");
  EXPECT_EQ(of_order.NextVersions(2), "2 3");
}

TEST_F(OrderUpdatesTest, CustomerWithTheIdOfAnOrder_DoesNotShareItsStream) {
  const domain::OrderId order = NewOrder();
  const domain::CustomerId namesake(order.uuid());
  Change(order, 1);
  FeedReader of_order(updates());
  FeedReader of_namesake(updates());
  ASSERT_THAT(of_order.Subscribe({.order_id = order.ToString()}), IsOk());
  ASSERT_THAT(of_namesake.Subscribe({.customer_id = namesake.ToString()}), IsOk());
  for (FeedReader* reader : {&of_order, &of_namesake}) ASSERT_TRUE(reader->NextMessage().has_value());

  Commit({{order, customer_, 2}});
  Commit({{NewOrder(), namesake, 7}});
  Commit({{order, customer_, 3}});
  Commit({{NewOrder(), namesake, 8}});
  EXPECT_EQ(of_order.NextVersions(2), "2 3");
  EXPECT_EQ(of_namesake.NextVersions(2), "7 8");
}

TEST_F(OrderUpdatesTest, OrderThatIsNotThere_IsNotFound) {
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe({.order_id = NewOrder().ToString()}), IsOk());
  const std::optional<OrderFeedEnd> end = reader.End();
  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(OrderUpdatesTest, BadRequest_NamesEveryField) {
  FeedReader reader(updates());
  const absl::Status status =
      reader.Subscribe({.customer_id = "x", .order_id = "y", .resume_token = "z", .include_snapshot = true});
  EXPECT_THAT(fakes::BadFields(status), testing::UnorderedElementsAre("customer_id", "customer_id", "order_id",
                                                                      "resume_token", "include_snapshot"));
}

TEST_F(OrderUpdatesTest, Snapshot_IsTheOrdersAsTheyStandAndThenWhatChanges) {
  options_.buffer = 16;  // several pages
  std::vector<domain::OrderId> orders;
  for (int i = 0; i < 50; ++i) {
    orders.push_back(NewOrder());
    Change(orders.back(), 1);
  }
  Change(orders[7], 2);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe({.include_snapshot = true}), IsOk());
  for (int i = 0; i < 50; ++i) {
    const std::optional<OrderUpdate> state = reader.NextMessage();
    ASSERT_TRUE(state.has_value());
    ASSERT_NE(state->change, nullptr);
    EXPECT_TRUE(state->snapshot);
    EXPECT_EQ(state->resume_token, "") << "resumed there the rest of the snapshot would be missed";
    EXPECT_EQ(state->change->place.order_id, orders[static_cast<std::size_t>(i)]);
    EXPECT_EQ(state->change->place.version, i == 7 ? 2 : 1);
  }
  const std::optional<OrderUpdate> end_of_snapshot = reader.NextMessage();
  ASSERT_TRUE(end_of_snapshot.has_value());
  EXPECT_EQ(end_of_snapshot->change, nullptr);
  EXPECT_NE(end_of_snapshot->resume_token, "");
  Change(orders[9], 2);
  const std::optional<OrderUpdate> change = reader.NextMessage();
  ASSERT_TRUE(change.has_value());
  ASSERT_NE(change->change, nullptr);
  EXPECT_FALSE(change->snapshot);
}

TEST_F(OrderUpdatesTest, SlowReader_NeverHasMoreThanItsBufferAndMissesNothing) {
  options_.buffer = 16;
  options_.recent_max = 32;  // and it has to go to the database
  FeedReader slow(updates());
  FeedReader quick(updates());
  ASSERT_THAT(slow.Subscribe(), IsOk());
  ASSERT_THAT(quick.Subscribe(), IsOk());
  ASSERT_TRUE(slow.NextMessage().has_value());
  const domain::OrderId order = NewOrder();
  constexpr int kChanges = 500;
  for (int version = 1; version <= kChanges; ++version) {
    Change(order, version);
    EXPECT_EQ(quick.NextVersions(1), std::to_string(version));
  }
  EXPECT_GT(metrics_.Value("logistics_order_streams_behind_total"), 0);
  for (int version = 1; version <= kChanges; ++version) ASSERT_EQ(slow.NextVersions(1), std::to_string(version));
  EXPECT_GT(log_.reads().changes_of_all, 0);
  // And it is live again.
  Change(order, kChanges + 1);
  EXPECT_EQ(slow.NextVersions(1), std::to_string(kChanges + 1));
}

TEST_F(OrderUpdatesTest, ReaderThatTakesNothing_IsEndedWithTheTokenOfWhatItHas) {
  options_.idle_write_timeout = absl::Milliseconds(20);
  options_.buffer = 16;
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  const domain::OrderId order = NewOrder();
  Change(order, 1);
  EXPECT_EQ(reader.NextVersions(1), "1");
  const std::string last_written = reader.token();
  EXPECT_FALSE(reader.feed().Next().has_value());  // it is written
  for (int version = 2; version < 100; ++version) Change(order, version);
  ASSERT_TRUE(fakes::Eventually([&] { return reader.feed().Ended().has_value(); }));
  const std::optional<OrderFeedEnd> end = reader.feed().Ended();
  EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(domain::RetryAfterOf(end->status).has_value());
  EXPECT_EQ(end->resume_token, last_written);
  EXPECT_EQ(metrics_.Value("logistics_order_streams_stalled_total"), 1);

  FeedReader again(updates());
  ASSERT_THAT(again.Subscribe({.resume_token = end->resume_token}), IsOk());
  EXPECT_EQ(again.NextVersions(3), "2 3 4");
}

TEST_F(OrderUpdatesTest, UpdateThatMayBeOnItsWay_IsNotInTheTokenOfTheEnd) {
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  const std::string before = reader.token();
  Change(NewOrder(), 1);
  ASSERT_EQ(reader.NextVersions(1), "1");  // taken; only the next call means that it was written
  updates().Stop();
  const std::optional<OrderFeedEnd> end = reader.feed().Ended();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->resume_token, before);
}

TEST_F(OrderUpdatesTest, SilentStream_GetsAFreshTokenThatLeadsToWhereItWasGiven) {
  options_.heartbeat = absl::Milliseconds(20);
  const domain::OrderId order = NewOrder();
  Change(order, 1);
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe({.customer_id = NewCustomer().ToString()}), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  const std::string first = reader.token();
  Change(order, 2);  // of somebody else
  ASSERT_TRUE(fakes::Eventually([&] {
    const std::optional<OrderUpdate> update = reader.NextMessage();
    return update && update->change == nullptr && update->resume_token != first;
  }));
  reader.Leave();
  Change(order, 3);
  FeedReader again(updates());
  ASSERT_THAT(again.Subscribe({.resume_token = reader.token()}), IsOk());
  EXPECT_EQ(again.NextVersions(1), "3");
}

TEST_F(OrderUpdatesTest, DatabaseUnavailable_StreamsWaitAndMissNothing) {
  const domain::OrderId order = NewOrder();
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  log_.FailWith(absl::UnavailableError("down"));
  const int reads = log_.reads().changes_of_all;
  Change(order, 1);
  FeedReader late(updates());
  ASSERT_THAT(late.Subscribe({.order_id = order.ToString(), .include_snapshot = true}), IsOk());
  ASSERT_TRUE(fakes::Eventually([&] { return log_.reads().changes_of_all > reads; }));
  log_.FailWith(absl::OkStatus());
  EXPECT_EQ(reader.NextVersions(1), "1");
  EXPECT_EQ(late.NextVersions(1), "1");
  Change(order, 2);
  EXPECT_EQ(reader.NextVersions(1), "2");
  EXPECT_EQ(late.NextVersions(1), "2");
}

TEST_F(OrderUpdatesTest, Stop_EndsAllWithTheirTokensAndRefusesNewOnes) {
  const domain::OrderId order = NewOrder();
  FeedReader reader(updates());
  ASSERT_THAT(reader.Subscribe(), IsOk());
  ASSERT_TRUE(reader.NextMessage().has_value());
  Change(order, 1);
  ASSERT_EQ(reader.NextVersions(1), "1");
  ASSERT_FALSE(reader.feed().Next().has_value());
  updates().Stop();
  const std::optional<OrderFeedEnd> end = reader.End();
  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(end->status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(domain::RetryAfterOf(end->status).has_value());
  FeedReader late(updates());
  EXPECT_THAT(late.Subscribe(), StatusIs(absl::StatusCode::kUnavailable));

  reader.Leave();
  Restart();
  Change(order, 2);
  FeedReader again(updates());
  ASSERT_THAT(again.Subscribe({.resume_token = end->resume_token}), IsOk());
  EXPECT_EQ(again.NextVersions(1), "2");
}

TEST_F(OrderUpdatesTest, MoreThanStreamsMax_IsRefusedWithAHint) {
  options_.streams_max = 2;
  FeedReader first(updates());
  FeedReader second(updates());
  FeedReader third(updates());
  ASSERT_THAT(first.Subscribe(), IsOk());
  ASSERT_THAT(second.Subscribe(), IsOk());
  const absl::Status refused = third.Subscribe();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("at most 2")));
  EXPECT_TRUE(domain::RetryAfterOf(refused).has_value());
  first.Leave();
  EXPECT_THAT(third.Subscribe(), IsOk());
}

TEST_F(OrderUpdatesTest, NoStreams_NothingIsRead) {
  {
    FeedReader reader(updates());
    ASSERT_THAT(reader.Subscribe(), IsOk());
    ASSERT_TRUE(reader.NextMessage().has_value());
  }
  // The first of the next stream's reads is that of the head: nothing was kept, and nothing read in between.
  const int heads = log_.reads().heads;
  for (int i = 0; i < 10; ++i) Change(NewOrder(), 1);
  TokenNow();
  EXPECT_EQ(log_.reads().heads, heads + 1);
}

}  // namespace
}  // namespace logistics::service
