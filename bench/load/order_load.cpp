// Calls a server of orders, with a fixed number of calls in flight (closed loop) or so many a second (open loop), and
// prints a line of JSON: how many a second were answered, how long that took, and when the broker had confirmed the
// last event. One thread, one completion queue. Bounded by --seconds and --calls; used by scripts/bench.
#include <algorithm>
#include <array>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include "arguments.hpp"
#include "latencies.hpp"
#include "workload.hpp"

namespace logistics::bench {
namespace {

constexpr int kChannels = 2;
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::seconds kConfirmPatience{120};
// More calls than that in flight in an open loop: the rate is above what the server can do.
constexpr std::size_t kOpenInFlightMax = 10'000;
constexpr int kOrdersRead = 20'000;

struct Options {
  std::string address = "127.0.0.1:50051";
  std::string database_url;
  Workload::Options workload;
  int in_flight = 64;
  int rate = 0;
  int seconds = 5;
  int calls = 10'000'000;
  int seed = 1;
};

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::vector<Stubs> Connect(const std::string& address) {
  std::vector<Stubs> stubs;
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + kPatience)) {
      throw std::runtime_error("nothing answers at " + address);
    }
    stubs.push_back({order::OrderService::NewStub(channel), inventory::InventoryService::NewStub(channel)});
  }
  return stubs;
}

std::vector<std::string> NewestOrders(const Options& options) {
  std::vector<std::string> ids;
  if (options.database_url.empty() || options.workload.kind == "create") return ids;
  pqxx::connection connection(options.database_url);
  pqxx::nontransaction work(connection);
  for (const auto& row : work.exec("SELECT id FROM (SELECT id, status FROM orders ORDER BY created_at DESC LIMIT " +
                                   std::to_string(kOrdersRead) + ") newest WHERE status = 'pending'")) {
    ids.emplace_back(row[0].c_str());
  }
  return ids;
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options), workload_(options.workload, NewestOrders(options)), stubs_(Connect(options.address)) {}
  ~Run() { queue_.Shutdown(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  nlohmann::ordered_json Measure() {
    begin_ = Clock::now();
    const auto end = begin_ + std::chrono::seconds(options_.seconds);
    const auto interval = std::chrono::nanoseconds(options_.rate > 0 ? 1'000'000'000 / options_.rate : 0);
    auto due = begin_;
    while (true) {
      for (auto now = Clock::now(); now < end && started_ < options_.calls; now = Clock::now()) {
        if (interval.count() == 0 ? in_flight_ >= static_cast<std::size_t>(options_.in_flight) : due > now) break;
        Start(interval.count() == 0 ? now : due);
        due += interval;
      }
      const bool over = Clock::now() >= end || started_ >= options_.calls;
      if (over && in_flight_ == 0) break;
      AwaitAnswer(interval.count() > 0 && !over, due);
    }
    answered_ = Clock::now();
    return Result();
  }

 private:
  void Start(Clock::time_point begin) {
    if (free_.empty()) {
      if (calls_.size() == kOpenInFlightMax) throw std::runtime_error("too many calls in flight: the rate is too high");
      free_.push_back(calls_.emplace_back(std::make_unique<Call>()).get());
    }
    Call& call = *free_.back();
    free_.pop_back();
    call.begin = begin;
    workload_.Start(call, stubs_[static_cast<std::size_t>(started_) % stubs_.size()], queue_);
    ++started_;
    ++in_flight_;
  }

  void AwaitAnswer(bool may_start, Clock::time_point due) {
    const auto wait = may_start ? std::max<Clock::duration>(due - Clock::now(), Clock::duration::zero()) : kPatience;
    void* tag = nullptr;
    bool ok = false;
    const auto until =
        std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::system_clock::duration>(wait);
    if (queue_.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) {
      if (!may_start) throw std::runtime_error("calls are not answered");
      return;
    }
    Call& call = *static_cast<Call*>(tag);
    if (workload_.GoesOn(call, stubs_.front(), queue_)) return;
    const auto latency = Clock::now() - call.begin;
    latencies_.at(static_cast<std::size_t>(call.kind)).Add(latency);
    all_.Add(latency);
    if (!call.status.ok() && failed_++ == 0) first_failure_ = call.status.error_message();
    workload_.Ended(call);
    free_.push_back(&call);
    --in_flight_;
  }

  // Everything up to outbox_position is confirmed. Asking the outbox itself would read all that was deleted from it.
  double AwaitConfirmed() const {
    pqxx::connection connection(options_.database_url);
    pqxx::nontransaction work(connection);
    while (!work.exec1("SELECT number >= (SELECT coalesce(max(number), 0) FROM commits) FROM outbox_position")[0]
                .as<bool>()) {
      if (Clock::now() > answered_ + kConfirmPatience) throw std::runtime_error("events stay in the outbox");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return Seconds(Clock::now() - begin_);
  }

  nlohmann::ordered_json Result() {
    const double answered_s = Seconds(answered_ - begin_);
    nlohmann::ordered_json result = {
        {"kind", options_.workload.kind},  {"calls", started_},     {"failed", failed_},
        {"first_failure", first_failure_}, {"seconds", answered_s}, {"per_s", started_ / answered_s}};
    if (!options_.database_url.empty()) {
      const double confirmed_s = AwaitConfirmed();
      result["confirmed_seconds"] = confirmed_s;
      result["confirmed_per_s"] = started_ / confirmed_s;
    }
    result["all"] = all_.Summary();
    for (std::size_t kind = 0; kind < latencies_.size(); ++kind) {
      if (latencies_[kind].size() > 0) result["kinds"][KindName(static_cast<Kind>(kind))] = latencies_[kind].Summary();
    }
    return result;
  }

  const Options& options_;
  Workload workload_;
  std::vector<Stubs> stubs_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> free_;
  std::size_t in_flight_ = 0;
  int started_ = 0;
  int failed_ = 0;
  std::string first_failure_;
  std::array<Latencies, kKinds> latencies_;
  Latencies all_;
  Clock::time_point begin_;
  Clock::time_point answered_;
};

}  // namespace
}  // namespace logistics::bench

int main(int argc, char** argv) {
  using namespace logistics::bench;
  Options options;
  Arguments arguments("Calls a server of orders and measures.");
  arguments.Text("--address", options.address, "host:port of the server");
  arguments.Text("--database-url", options.database_url, "when given, also waits until the outbox is empty");
  arguments.Text("--kind", options.workload.kind, "create, get, list, status, reserve or mixed");
  arguments.Number("--in-flight", options.in_flight, 1, 4096, "calls in flight, without --rate");
  arguments.Number("--rate", options.rate, 0, 1'000'000, "calls started a second, however many are in flight");
  arguments.Number("--seconds", options.seconds, 1, 3'600, "calls are started for so long");
  arguments.Number("--calls", options.calls, 1, 100'000'000, "so many calls at most");
  arguments.Number("--products", options.workload.products, 1, 100'000, "1 = all orders on one product");
  arguments.Number("--items", options.workload.items, 1, 100, "lines of an order");
  arguments.Number("--seed", options.seed, 0, 2'000'000'000, "of what is random");
  return arguments.Run(argc, argv, [&] {
    options.workload.seed = static_cast<std::uint64_t>(options.seed);
    return logistics::bench::Run(options).Measure().dump();
  });
}
