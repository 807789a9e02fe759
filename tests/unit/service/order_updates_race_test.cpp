// Streams that come and go while a read is on its way.
#include "unit/service/gated_order_log.hpp"
#include "unit/service/order_updates_fixture.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;

// More than the hub reads again when its reading begins anew.
constexpr int kManyCommits = 1'500;

TEST_F(OrderUpdatesTest, LastStreamLeavesDuringARead_TheNextMissesNothing) {
  const domain::OrderId order = NewOrder();
  GatedOrderLog log(log_);
  OrderUpdates updates(log, metrics_, options_);
  updates.Start();
  FeedReader last(updates);
  ASSERT_THAT(last.Subscribe(), IsOk());
  ASSERT_TRUE(last.NextMessage().has_value());

  log.reads_of_all().Close();
  log_.Append({{order, customer_, 1}});
  updates.Wake();
  log.reads_of_all().AwaitCaller();
  last.Leave();
  FeedReader next(updates);
  ASSERT_THAT(next.Subscribe({.resume_token = last.token()}), IsOk());
  // The page that was read for the stream that left arrives, and then reading begins anew, while much is committed.
  log.heads().Close();
  log.reads_of_all().Open();
  log.heads().AwaitCaller();
  for (int version = 2; version <= kManyCommits; ++version) log_.Append({{order, customer_, version}});
  log.heads().Open();
  for (int version = 1; version <= kManyCommits; ++version) ASSERT_EQ(next.NextVersions(1), std::to_string(version));
}

}  // namespace
}  // namespace logistics::service
