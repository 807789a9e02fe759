// A commit wakes whoever tells others of it. Nothing looks by itself here, for an hour.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "e2e/stream_reader.hpp"
#include "e2e/world.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;

constexpr int kRounds = 9;
// Of half of the rounds: far above what a wake-up takes, and far below a poll.
constexpr absl::Duration kMedianMax = absl::Seconds(1);

class WakeTest : public testing::Test {
 protected:
  WakeTest() { world_.flags = {{"outbox-poll", "1h"}, {"database-notify-poll", "1h"}, {"outbox-lease-ttl", "2s"}}; }

  void Start(std::optional<Daemon>& daemon) {
    daemon.emplace(world_.Serve());
    daemon->WaitUntilPublishing();
  }

  // How long `seen` takes after an order at `writer`, in the middle of several tries.
  absl::Duration Median(Daemon& writer, const std::function<bool(const order::OrderResponse& order)>& seen) {
    std::vector<absl::Duration> times;
    for (int i = 0; i < kRounds; ++i) {
      const Answer answer = Create(writer, OrderOf(product_));
      EXPECT_TRUE(answer.status.ok());
      const absl::Time begin = absl::Now();
      if (!seen(answer.order)) return absl::InfiniteDuration();
      times.push_back(absl::Now() - begin);
    }
    std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
    return times[kRounds / 2];
  }

  // What is committed at `writer` is soon told by `teller`, and by whichever replica publishes.
  void ExpectSoon(Daemon& writer, Daemon& teller) {
    product_ = AddProduct(writer, 1'000);
    support::TestConsumer events(world_.broker.url(), world_.queue());
    EXPECT_LT(Median(writer,
                     [&](const order::OrderResponse& order) {
                       std::optional<support::ReceivedMessage> event;
                       do {
                         event = events.Next(kPatience);
                       } while (event &&
                                (event->type != "OrderCreated" || event->body.find(order.id()) == std::string::npos));
                       return event.has_value();
                     }),
              kMedianMax)
        << "the relay";

    StreamReader orders(teller.address(), AllOrders());
    ASSERT_TRUE(orders.AwaitToken());
    EXPECT_LT(Median(writer,
                     [&](const order::OrderResponse& order) {
                       return orders.AwaitTold({order.id(), order.version()});
                     }),
              kMedianMax)
        << "streams of orders";

    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + 2 * kPatience));
    inventory::StreamInventoryUpdatesRequest request;
    request.add_item_ids(product_.id);
    const auto levels = teller.inventory().StreamInventoryUpdates(&context, request);
    inventory::InventoryUpdateEvent update;
    ASSERT_TRUE(levels->Read(&update)) << "the level as it stands";
    std::int64_t reserved = update.inventory_level().reserved();
    EXPECT_LT(Median(writer,
                     [&](const order::OrderResponse& /*order*/) {
                       ++reserved;
                       bool told = true;
                       while (told && update.inventory_level().reserved() < reserved) told = levels->Read(&update);
                       return told;
                     }),
              kMedianMax)
        << "streams of stock";
  }

  World world_;
  Product product_;
};

TEST_F(WakeTest, OneReplica_TellsItsOwnCommitsAtOnce) {
  std::optional<Daemon> daemon;
  Start(daemon);
  ASSERT_TRUE(Eventually([&] { return daemon->leads(); }, kPatience));
  ExpectSoon(*daemon, *daemon);
}

TEST_F(WakeTest, TwoReplicas_EachTellsTheCommitsOfTheOther) {
  std::optional<Daemon> publisher;
  Start(publisher);
  ASSERT_TRUE(Eventually([&] { return publisher->leads(); }, kPatience));
  std::optional<Daemon> other;
  Start(other);
  ExpectSoon(*other, *publisher);
  ExpectSoon(*publisher, *other);
}

}  // namespace
}  // namespace logistics::e2e
