// A rolling update: all replicas replaced one after the other, while clients place orders and try UNAVAILABLE again.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <csignal>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "e2e/history.hpp"
#include "e2e/world.hpp"

namespace logistics::e2e {
namespace {

constexpr int kOrderers = 8;
constexpr int kOrdersBetweenSteps = 100;

// The replicas that a client may be sent to: what a Service's name resolves to.
class Endpoints {
 public:
  void Add(Daemon& daemon) {
    const std::lock_guard lock(mutex_);
    daemons_.push_back(&daemon);
  }
  void Remove(Daemon& daemon) {
    const std::lock_guard lock(mutex_);
    std::erase(daemons_, &daemon);
  }
  Daemon& Next() {
    const std::lock_guard lock(mutex_);
    return *daemons_[turn_++ % daemons_.size()];
  }

 private:
  std::mutex mutex_;
  std::vector<Daemon*> daemons_;  // guarded by mutex_
  std::size_t turn_ = 0;          // guarded by mutex_
};

// Clients as docs/deploy.md wants them: each order has a key, and UNAVAILABLE is tried again at the next replica.
class RetryingClients {
 public:
  RetryingClients(Endpoints& endpoints, const Product& product) : endpoints_(endpoints), product_(product) {
    for (std::atomic<int>& turn : turns_) threads_.emplace_back([this, &turn] { Run(turn); });
  }
  ~RetryingClients() { Stop(); }
  RetryingClients(const RetryingClients&) = delete;
  RetryingClients& operator=(const RetryingClients&) = delete;

  void AwaitMoreOrders() const {
    const int wanted = placed_ + kOrdersBetweenSteps;
    EXPECT_TRUE(support::Eventually([&] { return placed_ >= wanted; }, kPatience)) << placed_ << " of " << wanted;
  }
  // Until every client has asked the endpoints since now: none is on its way to one that has been removed.
  void AwaitNewTurns() const {
    for (const std::atomic<int>& turn : turns_) {
      const int now = turn;
      EXPECT_TRUE(support::Eventually([&] { return turn > now + 1; }, kPatience));
    }
  }
  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  // After Stop.
  const std::vector<AckedChange>& acked() const { return acked_; }
  const std::vector<grpc::Status>& failed() const { return failed_; }

 private:
  void Run(std::atomic<int>& turn) {
    while (!stop_) {
      ++turn;
      order::CreateOrderRequest request = OrderOf(product_);
      request.set_idempotency_key(NewUuid());
      Answer answer;
      // One that stays UNAVAILABLE is among the failed ones below.
      static_cast<void>(support::Eventually(
          [&] {
            answer = Create(endpoints_.Next(), request);
            return answer.status.error_code() != grpc::StatusCode::UNAVAILABLE;
          },
          kPatience));
      const std::lock_guard lock(mutex_);
      if (answer.status.ok()) {
        acked_.push_back({answer.order.id(), answer.order.version(), answer.order.status()});
        ++placed_;
      } else {
        failed_.push_back(answer.status);
      }
    }
  }

  Endpoints& endpoints_;
  const Product product_;
  std::atomic<bool> stop_ = false;
  std::array<std::atomic<int>, kOrderers> turns_{};
  std::atomic<int> placed_ = 0;
  std::mutex mutex_;
  std::vector<AckedChange> acked_;    // guarded by mutex_
  std::vector<grpc::Status> failed_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

// As docker/kubernetes does it: the new one is ready; clients learn that the old one goes, for which its preStop leaves
// them time; then it gets SIGTERM. Without that time gRPC itself may answer CANCELLED to a call that comes last
// (docs/deploy.md).
TEST(RollTest, AllReplicasReplacedUnderLoad_NoCallFailsForClientsThatRetry) {
  World world;
  std::list<Daemon> replicas;
  Endpoints endpoints;
  const auto start = [&]() -> Daemon& {
    Daemon& daemon = replicas.emplace_back(world.Serve());
    daemon.WaitUntilPublishing();
    endpoints.Add(daemon);
    return daemon;
  };
  const std::vector<Daemon*> old = {&start(), &start()};
  RetryingClients clients(endpoints, AddProduct(*old.front(), 1'000'000));
  clients.AwaitMoreOrders();
  for (Daemon* going : old) {
    start();
    endpoints.Remove(*going);
    clients.AwaitNewTurns();
    going->process().Signal(SIGTERM);
    const auto ending = going->process().Wait(absl::Seconds(25));  // the drain time
    ASSERT_TRUE(ending.has_value()) << "it has not stopped within the drain time";
    EXPECT_EQ(ending->exit_code, 0);
    clients.AwaitMoreOrders();
  }
  clients.Stop();
  for (const grpc::Status& status : clients.failed()) ADD_FAILURE() << status.error_code() << status.error_message();
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM orders"),
            static_cast<std::int64_t>(clients.acked().size()));
  ExpectAckedAreThere(world, clients.acked());
  ExpectConsistent(world);
  ExpectPublishedIsHistory(world);
}

}  // namespace
}  // namespace logistics::e2e
