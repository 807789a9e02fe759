#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "e2e/history.hpp"
#include "e2e/world.hpp"

namespace logistics::e2e {

// Clients that place orders and move some of them on, one call after the other, each remembering what it was told.
class OrderLoad {
 public:
  struct Options {
    std::vector<Product> products;
    std::vector<std::string> customers = {};  // of the orders, by chance; none: one of its own for each
    std::uint64_t seed = 0;
    int clients = 8;
    int orders_max = 3000;                        // a client; the load ends there
    int lines_max = 1;                            // of an order
    std::size_t notes_bytes = 0;                  // the same
    bool until_failure = false;                   // a client ends when a call is answered with an error
    absl::Duration pause = absl::ZeroDuration();  // between the orders of a client
    absl::Duration pause_after_failure = absl::Milliseconds(50);
    absl::Duration deadline = absl::Seconds(30);
  };

  // Begins at once. The daemon outlives the clients: they end with Stop.
  OrderLoad(Daemon& daemon, const Options& options);
  ~OrderLoad() { Stop(); }
  OrderLoad(const OrderLoad&) = delete;
  OrderLoad& operator=(const OrderLoad&) = delete;

  int acked_orders() const { return acked_orders_; }
  int failed_calls() const { return failed_calls_; }
  // Waits until `more` orders have been acked since now; false when they are not, or the clients have ended.
  bool AwaitMoreOrders(int more) const;

  // Lets the calls in flight end. Safe to call twice.
  void Stop();

  // After Stop.
  const std::vector<AckedChange>& acked() const { return acked_; }
  const std::vector<grpc::Status>& failures() const { return failures_; }
  // Orders of which the client was not told whether they were made; each has an idempotency key.
  const std::vector<order::CreateOrderRequest>& unanswered() const { return unanswered_; }

 private:
  void RunClient(std::uint64_t seed);
  // One order and what becomes of it. False: a call failed.
  bool PlaceOne(std::mt19937_64& random);
  bool Note(const Answer& answer);

  Daemon& daemon_;
  const Options options_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> running_clients_;
  std::atomic<int> acked_orders_ = 0;
  std::atomic<int> failed_calls_ = 0;
  std::mutex mutex_;
  std::vector<AckedChange> acked_;                     // guarded by mutex_
  std::vector<grpc::Status> failures_;                 // guarded by mutex_
  std::vector<order::CreateOrderRequest> unanswered_;  // guarded by mutex_
  std::vector<std::thread> clients_;
};

// Places the unanswered orders of a load again with their keys, which must now be answered, and adds what is told to
// `acked`.
void RepeatUnanswered(Daemon& daemon, const OrderLoad& load, std::vector<AckedChange>& acked);

// All failures are of the kind that invites to try again: UNAVAILABLE with RetryInfo, or the client's own deadline.
void ExpectOnlyRetryable(const OrderLoad& load);

}  // namespace logistics::e2e
