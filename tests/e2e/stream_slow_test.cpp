// Readers of order updates that read slowly, or not at all.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>

#include "e2e/order_load.hpp"
#include "e2e/stream_reader.hpp"
#include "e2e/world.hpp"
#include "fakes/seed.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;

constexpr std::size_t kNotesBytes = 4'000;

// Of its memory, now.
std::int64_t ResidentBytes(const support::Process& process) {
  std::ifstream status("/proc/" + std::to_string(process.pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stoll(line.substr(6)) * 1024;
  }
  return 0;
}

class SlowReaderTest : public testing::Test {
 protected:
  SlowReaderTest() { world_.flags = {{"stream-buffer", "16"}, {"stream-recent-max", "1024"}}; }

  void Start() {
    support::Command command = world_.Serve();
    // What ASan keeps of freed memory, 256 MiB, would be taken for the daemon's.
    const char* const options = std::getenv("ASAN_OPTIONS");
    command.env["ASAN_OPTIONS"] = std::string(options == nullptr ? "" : options) + ":quarantine_size_mb=8";
    daemon_.emplace(command);
    daemon_->WaitUntilReady();
    product_ = AddProduct(*daemon_, 1'000'000);
  }

  // Changes with much text, of which few fit into what may be sent unread.
  void PlaceMuch(int orders) {
    constexpr int kClients = 8;
    OrderLoad load(*daemon_, {.products = {product_},
                              .seed = seed_,
                              .clients = kClients,
                              .orders_max = orders / kClients,
                              .notes_bytes = kNotesBytes});
    EXPECT_TRUE(load.AwaitMoreOrders(orders / kClients * kClients - load.acked_orders()));
    load.Stop();
    EXPECT_EQ(load.failed_calls(), 0);
  }

  const std::uint64_t seed_ = fakes::TestSeed();
  World world_;
  std::optional<Daemon> daemon_;
  Product product_;
};

TEST_F(SlowReaderTest, ThatStopsNowAndThen_GetsEverythingOnOneStream) {
  Start();
  StreamReader slow(daemon_->address(), AllOrders());
  StreamReader quick(daemon_->address(), AllOrders());
  ASSERT_TRUE(slow.AwaitToken() && quick.AwaitToken());
  // The last time it lies further back than what is kept in memory.
  for (const int orders : {104, 104, 1'040}) {
    const double behind = daemon_->Metric("logistics_order_streams_behind_total");
    slow.Hold();
    PlaceMuch(orders);
    EXPECT_TRUE(Eventually([&] { return daemon_->Metric("logistics_order_streams_behind_total") > behind; }, kPatience))
        << "it did not fall behind";
    ExpectToldAll(world_, quick);
    slow.Release();
    ExpectToldAll(world_, slow);
  }
  EXPECT_EQ(slow.streams(), 1);
  EXPECT_EQ(quick.streams(), 1);
}

TEST_F(SlowReaderTest, ThatNeverReads_IsEndedWithATokenAndTheOthersGoOn) {
  world_.flags["stream-idle-write-timeout"] = "2s";
  Start();
  StreamReader asleep(daemon_->address(), AllOrders());
  StreamReader awake(daemon_->address(), AllOrders());
  ASSERT_TRUE(asleep.AwaitToken() && awake.AwaitToken());
  asleep.Hold();
  PlaceMuch(104);
  EXPECT_TRUE(Eventually([&] { return daemon_->Metric("logistics_order_streams_stalled_total") == 1; }, kPatience));
  PlaceMuch(104);
  ExpectToldAll(world_, awake);
  EXPECT_EQ(awake.streams(), 1);
  // It wakes up, hears of its end, and goes on with the token of that.
  asleep.Release();
  ExpectToldAll(world_, asleep);
  EXPECT_EQ(asleep.EndedWith(grpc::StatusCode::RESOURCE_EXHAUSTED), 1);
  EXPECT_EQ(asleep.streams(), 2);
}

// What is meant for them would be 60 x 6 MB. The bound is a third of that: beside what the streams may keep it leaves
// room for what the allocator, and ASan, take for the load itself.
TEST_F(SlowReaderTest, ManyThatNeverRead_CostNoMoreMemory) {
  constexpr int kReaders = 60;
  constexpr int kOrders = 1'200;
  constexpr std::int64_t kGrowthMax = 120'000'000;
  static_assert(kGrowthMax < std::int64_t{kReaders} * kOrders * kNotesBytes / 2);
  world_.flags["stream-idle-write-timeout"] = "1h";
  Start();
  StreamReader awake(daemon_->address(), AllOrders());
  ASSERT_TRUE(awake.AwaitToken());
  PlaceMuch(kOrders);  // what the load itself takes
  std::vector<std::unique_ptr<StreamReader>> asleep;
  for (int i = 0; i < kReaders; ++i) {
    asleep.push_back(std::make_unique<StreamReader>(daemon_->address(), AllOrders()));
    ASSERT_TRUE(asleep.back()->AwaitToken());
    asleep.back()->Hold();
  }
  ExpectToldAll(world_, awake);
  const std::int64_t before = ResidentBytes(daemon_->process());
  PlaceMuch(kOrders);
  ExpectToldAll(world_, awake);
  EXPECT_TRUE(Eventually([&] { return daemon_->Metric("logistics_order_streams_behind") == kReaders; }));
  const std::int64_t growth = ResidentBytes(daemon_->process()) - before;
  RecordProperty("growth_bytes", std::to_string(growth));
  EXPECT_LT(growth, kGrowthMax);
}

}  // namespace
}  // namespace logistics::e2e
