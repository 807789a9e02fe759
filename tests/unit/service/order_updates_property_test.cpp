// Readers of every scope and speed come and go, resume at another replica, while orders change and the database is
// unavailable now and then: each reader has every change of its scope, in version order per order.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "fakes/eventually.hpp"
#include "unit/service/order_updates_fixture.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;

constexpr int kReplicas = 2;
constexpr int kReaders = 12;
constexpr int kCommits = 1500;
constexpr int kOrders = 24;
constexpr int kCustomers = 6;

using Changes = std::set<std::pair<domain::OrderId, std::int64_t>>;

// One reader that goes on after each end, here or there.
class RestlessReader {
 public:
  RestlessReader(std::vector<OrderUpdates*> replicas, OrderUpdatesRequest request, std::uint64_t seed)
      : replicas_(std::move(replicas)), request_(std::move(request)), random_(seed) {}

  // Until everything that is wanted was read; an empty text, or the failure.
  std::string Run(const std::function<bool(const Changes&)>& complete) {
    const absl::Time give_up = absl::Now() + absl::Seconds(60);
    while (!complete(read_)) {
      if (absl::Now() > give_up) return absl::StrCat("misses changes; has ", read_.size());
      FeedReader reader(*replicas_[random_() % replicas_.size()]);
      if (const absl::Status status = reader.Subscribe(request_); !status.ok()) return status.ToString();
      std::string wrong = ReadFor(reader, 1 + random_() % 200, complete);
      if (!wrong.empty()) return wrong;
      if (!reader.token().empty()) request_.resume_token = reader.token();
    }
    return "";
  }

 private:
  std::string ReadFor(FeedReader& reader, std::uint64_t messages, const std::function<bool(const Changes&)>& complete) {
    std::map<domain::OrderId, std::int64_t> last;  // on this stream
    for (std::uint64_t i = 0; i < messages && !complete(read_); ++i) {
      const std::optional<OrderUpdate> update = reader.NextMessage();
      if (!update) return "";
      if (update->change == nullptr) continue;
      const ports::LogPlace& place = update->change->place;
      std::int64_t& before = last[place.order_id];
      if (place.version <= before) return absl::StrCat("version ", place.version, " after ", before);
      before = place.version;
      read_.emplace(place.order_id, place.version);
      if (random_() % 64 == 0) std::this_thread::yield();
    }
    return "";
  }

  const std::vector<OrderUpdates*> replicas_;
  OrderUpdatesRequest request_;
  std::mt19937_64 random_;
  Changes read_;
};

TEST_F(OrderUpdatesTest, RestlessReadersOfTwoReplicas_MissNothing) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  options_.buffer = 16;
  options_.recent_max = 200;
  options_.page = 16;
  options_.poll = absl::Milliseconds(5);
  options_.heartbeat = absl::Milliseconds(20);
  std::vector<std::unique_ptr<OrderUpdates>> replicas;
  std::vector<OrderUpdates*> hubs;
  for (int i = 0; i < kReplicas; ++i) {
    replicas.push_back(std::make_unique<OrderUpdates>(log_, metrics_, options_));
    replicas.back()->Start();
    hubs.push_back(replicas.back().get());
  }
  std::vector<domain::CustomerId> customers;
  std::vector<domain::OrderId> orders;
  for (int i = 0; i < kCustomers; ++i) customers.push_back(NewCustomer());
  for (int i = 0; i < kOrders; ++i) orders.push_back(NewOrder());
  const auto customer_of = [&](std::size_t order) { return customers[order % kCustomers]; };

  std::map<domain::OrderId, std::int64_t> versions;
  std::vector<fakes::MemoryOrderLog::Change> first;
  for (std::size_t i = 0; i < orders.size(); ++i) first.push_back({orders[i], customer_of(i), ++versions[orders[i]]});
  Commit(first);
  FeedReader start(*hubs[0]);
  ASSERT_THAT(start.Subscribe(), IsOk());
  ASSERT_TRUE(start.NextMessage().has_value());

  // The commits are known before, so that readers know when they have all of them.
  std::vector<std::vector<fakes::MemoryOrderLog::Change>> commits;
  std::map<std::string, Changes> wanted;  // by scope
  for (int i = 0; i < kCommits; ++i) {
    std::vector<fakes::MemoryOrderLog::Change> commit;
    for (std::uint64_t n = random() % 4; n > 0; --n) {
      const std::size_t order = random() % orders.size();
      const std::int64_t version = ++versions[orders[order]];
      commit.push_back({orders[order], customer_of(order), version});
      for (const std::string& scope : {std::string(), orders[order].ToString(), customer_of(order).ToString()}) {
        wanted[scope].emplace(orders[order], version);
      }
    }
    commits.push_back(std::move(commit));
  }

  std::vector<std::string> wrong(kReaders);
  std::vector<std::jthread> readers;
  for (int i = 0; i < kReaders; ++i) {
    OrderUpdatesRequest request;
    request.resume_token = start.token();
    if (i % 3 == 1) request.customer_id = customers[static_cast<std::size_t>(i) % kCustomers].ToString();
    if (i % 3 == 2) request.order_id = orders[static_cast<std::size_t>(i)].ToString();
    const Changes* all = &wanted[request.order_id + request.customer_id];
    readers.emplace_back([&, i, request, all, reader_seed = random()] {
      wrong[static_cast<std::size_t>(i)] = RestlessReader(hubs, request, reader_seed).Run([all](const Changes& read) {
        return read.size() >= all->size();
      });
    });
  }
  for (const auto& commit : commits) {
    if (random() % 100 == 0) log_.FailWith(absl::UnavailableError("down for a moment"));
    log_.Append(commit);
    for (OrderUpdates* hub : hubs) hub->Wake();
    if (random() % 4 == 0) log_.FailWith(absl::OkStatus());
    if (random() % 8 == 0) std::this_thread::yield();
  }
  log_.FailWith(absl::OkStatus());
  readers.clear();  // joins
  for (const std::string& text : wrong) EXPECT_EQ(text, "");
  start.Leave();
}

}  // namespace
}  // namespace logistics::service
